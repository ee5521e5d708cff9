"""What the guard may do: what its needs say, on this endpoint, and nothing else."""

from __future__ import annotations

from shadow_ops.contract.permissions import PERMISSIONS, Need
from tests.constructs.rendering import Json, flat, rendered, resources, texts
from tests.values.samples import shadow_test

# The function needs its role first, which therefore knows it by a tag.
TAG = "aws:ResourceTag/shadow-test:guards"


def guards_statements(endpoint_name: str = "churn") -> list[Json]:
    """What the guard of an endpoint may do."""
    template = rendered(shadow_test(endpoint_name=endpoint_name))
    [role] = [one for key, one in resources(template, "AWS::IAM::Role").items() if key.startswith("EGuard")]
    [policy] = role["Properties"]["Policies"]
    assert "ManagedPolicyArns" not in role["Properties"]
    return list(policy["PolicyDocument"]["Statement"])


def _condition(need: Need, endpoint_name: str) -> Json | None:
    conditions = {TAG: endpoint_name} if need.resource == "function" else dict(need.conditions)
    return {"StringEquals": conditions} if conditions else None


def _statement_of(need: Need, found: list[Json], endpoint_name: str = "churn") -> Json:
    """The one statement of a need; needs that are narrowed alike share it."""
    narrowed = _condition(need, endpoint_name)
    [one] = [one for one in found if set(need.actions) <= set(one["Action"]) and one.get("Condition") == narrowed]
    return one


def test_the_guard_may_do_what_its_needs_say_and_write_its_log() -> None:
    """Every need is in a statement with its condition, and the log is the only other."""
    *found, log = guards_statements()

    shared: dict[int, list[str]] = {}
    for need in PERMISSIONS:
        shared.setdefault(found.index(_statement_of(need, found)), []).extend(need.actions)
    assert [one["Action"] for one in found] == [shared[place] for place in range(len(found))]
    assert log["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert flat(log["Resource"]).startswith("<EGuardLogs")
    assert not [action for one in (*found, log) for action in one["Action"] if "*" in action]


def test_any_resource_stands_only_where_a_need_says_why() -> None:
    """A `*` of a need is a `*` of its statement, and there is no other."""
    *found, _ = guards_statements()

    for need in PERMISSIONS:
        assert (texts(_statement_of(need, found)["Resource"]) == ["*"]) == (need.resource == "*"), need
        assert len(need.reason) > 10


def test_the_guard_may_touch_this_endpoint_only() -> None:
    """What is not `*` names the endpoint, its records or its stack; configs and models, named by the stack, any."""
    here = "<AWS::Region>:<AWS::AccountId>"
    *found, _ = guards_statements("Churn")
    resource_of = {need.resource: texts(_statement_of(need, found, "Churn")["Resource"]) for need in PERMISSIONS}
    plain = {
        name: [arn.replace("${", "<").replace("}", ">").replace("arn:<AWS::Partition>:", "") for arn in arns]
        for name, arns in resource_of.items()
    }

    mine = f"ssm:{here}:parameter/shadow-test/Churn"
    role = "sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    assert plain == {
        "*": ["*"],
        # SageMaker writes endpoint names in ARNs in lower case.
        "endpoint": [f"sagemaker:{here}:endpoint/Churn", f"sagemaker:{here}:endpoint/churn"],
        "endpoint-config": [f"sagemaker:{here}:endpoint-config/*"],
        "model": [f"sagemaker:{here}:model/*"],
        "experiments": [f"sagemaker:{here}:inference-experiment/*"],
        "parameter": [mine, f"{mine}/*"],
        "record": [f"{mine}/{name}" for name in ("lock", "pending", "scaling/*", "state")],
        "entry": [f"{mine}/{name}" for name in ("history/*", "reasons/*", "requests/*")],
        "leaving": [
            f"{mine}/{name}"
            for name in ("lock", "pending", "scaling/*", "state", "reasons/*", "requests/*", "verdict", "told*")
        ],
        "function": [f"lambda:{here}:function:*"],
        "stack": [f"cloudformation:{here}:stack/<AWS::StackName>/*"],
        "target-alarm": [f"cloudwatch:{here}:alarm:TargetTracking-endpoint/Churn/variant/*"],
        "service-role": [f"iam::<AWS::AccountId>:role/aws-service-role/{role}"],
    }


def test_only_lambda_may_take_the_guards_role() -> None:
    """The trust policy names one service."""
    [role] = [one for key, one in resources(rendered(), "AWS::IAM::Role").items() if key.startswith("EGuard")]
    [statement] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_guard_may_invoke_itself_and_nothing_else() -> None:
    """To go on waiting in another invocation: its role allows what has a tag, and its function alone has it."""
    template = rendered(shadow_test(tags={"team": "churn", "shadow-test:guards": "another"}))
    tagged = {
        key: {tag["Value"] for tag in one["Properties"].get("Tags", ()) if tag["Key"] == "shadow-test:guards"}
        for key, one in resources(template, "AWS::Lambda::Function").items()
    }

    [(function, values)] = tagged.items()
    assert function.startswith("EGuardFunction")
    assert values == {"churn"}
    for kind in ("Before", "After"):
        [step] = resources(template, f"Custom::EndpointUpdateGuard{kind}").values()
        assert step["Properties"]["ServiceTimeout"] == 3600
