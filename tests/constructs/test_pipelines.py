"""A shadow test in a CDK pipeline, as it is synthesized: stages, the wait, who answers, what is skipped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import pipelines

from shadow_constructs import GatePolicy, Guard, InvalidValueError, PromotionStack, ShadowTest, ShadowTestStack, Watch
from shadow_constructs.pipelines import ShadowStages, add_shadow_test
from shadow_ops.contract.approvals import Approval, Entry
from tests.constructs.rendering import Json, resources, the
from tests.values.samples import hardware, shadow_test, variant

HERE = cdk.Environment(account="111122223333", region="eu-west-1")
ELSEWHERE = cdk.Environment(account="999988887777", region="eu-west-1")
OVERSEAS = cdk.Environment(account="111122223333", region="us-east-1")
CONNECTION = "arn:aws:codeconnections:eu-west-1:111122223333:connection/c"


def watched(name: str = "churn", **changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """A test with a watch."""
    return shadow_test(**{"endpoint_name": name, "watch": Watch(), **changes})


def new_pipeline(
    app: cdk.Stage,
    env: cdk.Environment | None = HERE,
    *,
    name: str = "Delivery",
    **changes: Any,  # noqa: ANN401 - likewise
) -> pipelines.CodePipeline:
    """A pipeline that deploys nothing yet."""
    stack = cdk.Stack(app, name, env=env)
    source = pipelines.CodePipelineSource.connection("team/churn", "main", connection_arn=CONNECTION)
    synth = pipelines.ShellStep("Synth", input=source, commands=["cdk synth"])
    return pipelines.CodePipeline(stack, "Pipeline", synth=synth, **changes)


def rendered(*tests: tuple[ShadowTest, cdk.Environment | None], **changes: Any) -> tuple[Json, Path]:  # noqa: ANN401 - likewise
    """The pipeline's template with some tests, and the folder of the assembly."""
    app = cdk.App()
    # Across accounts the artifacts have to be encrypted by a key that the other one may use.
    crosses = any(env is not None and env.account != HERE.account for _, env in tests)
    pipeline = new_pipeline(app, cross_account_keys=crosses)
    for number, (test, env) in enumerate(tests):
        name = None if number == 0 else f"more{number}"
        add_shadow_test(pipeline, test, env=env, name=name, **changes)
    folder = Path(app.synth().directory)
    return json.loads((folder / "Delivery.template.json").read_text()), folder


def stages(template: Json) -> dict[str, Json]:
    """The stages of the pipeline by name."""
    return {one["Name"]: one for one in the(template, "AWS::CodePipeline::Pipeline")["Stages"]}


def action(stage: Mapping[str, Any], provider: str) -> Json:
    """The action of a stage by what does it; the last of several."""
    found: list[Json] = [one for one in stage["Actions"] if one["ActionTypeId"]["Provider"] == provider]
    return found[-1]


def text_of(value: Any) -> str:  # noqa: ANN401 - JSON
    """A text of a template, in the usual partition."""
    if isinstance(value, dict) and "Fn::Join" in value:
        value = "".join("aws" if isinstance(one, dict) else one for one in value["Fn::Join"][1])
    assert isinstance(value, str)
    return value


def entry_of(stage: Json) -> Entry:
    """What a stage asks before it is entered."""
    [condition] = stage["BeforeEntry"]["Conditions"]
    assert condition["Result"] == "SKIP"
    [rule] = condition["Rules"]
    assert rule["RuleTypeId"]["Provider"] == "LambdaInvoke"
    return Entry.from_text(text_of(rule["Configuration"]["UserParameters"]))


@pytest.fixture(scope="module")
def usual() -> Json:
    """The template of a pipeline with one test in its own account."""
    return rendered((watched(), HERE))[0]


def test_a_test_is_two_stages_that_deploy_one_stack(usual: Json) -> None:
    """The same stack, never in one stage; after it the wait, at most as long as it may be."""
    found = stages(usual)
    assert [*found][-2:] == ["churn-shadow", "churn-promotion"]
    deployed = [action(found[one], "CloudFormation")["Configuration"]["StackName"] for one in [*found][-2:]]
    assert deployed == ["churn", "churn"]
    wait = found["churn-shadow"]["Actions"][-1]
    assert (wait["Name"], wait["ActionTypeId"]["Provider"], wait["TimeoutInMinutes"]) == ("Verdict", "Manual", 20160)
    assert "Manual" not in str(found["churn-promotion"])


def test_the_wait_names_what_this_execution_deployed(usual: Json) -> None:
    """The config's name is a variable of the deployment beside it."""
    [*_, deploy, wait] = stages(usual)["churn-shadow"]["Actions"]
    text = wait["Configuration"]["CustomData"]
    variable = f"#{{{deploy['Namespace']}.EndpointConfigName}}"
    assert variable in text
    asked = Approval.from_text(text.replace(variable, "churn-Config1"))
    assert asked == Approval(
        version="v2", endpoint="churn", account="111122223333", region="eu-west-1", config="churn-Config1"
    )
    assert len(text) <= 1000


def test_a_stage_whose_test_is_promoted_is_skipped(usual: Json) -> None:
    """Both ask for what would serve after the promotion; no other stage asks anything, and none rolls back."""
    found = stages(usual)
    entries = [entry_of(found[one]) for one in ("churn-shadow", "churn-promotion")]
    assert entries[0] == entries[1]
    assert (entries[0].endpoint, entries[0].region, entries[0].role) == ("churn", None, None)
    assert entries[0].production == (("production", "v2", "v2 (xgboost 3.0-5) on 1 x ml.m5.xlarge"),)
    assert [name for name, one in found.items() if "BeforeEntry" in one] == ["churn-shadow", "churn-promotion"]
    assert not any("OnFailure" in one for one in found.values())


def test_the_newest_commit_waits(usual: Json) -> None:
    """And conditions need the second type of pipelines."""
    made = the(usual, "AWS::CodePipeline::Pipeline")
    assert (made["ExecutionMode"], made["PipelineType"]) == ("SUPERSEDED", "V2")


def test_one_function_may_look_and_answer_and_nothing_else(usual: Json) -> None:
    """It reads what is about the endpoint, and answers approvals of this pipeline."""
    functions = list(resources(usual, "AWS::Lambda::Function").values())
    assert [one["Properties"]["Handler"] for one in functions] == ["shadow_ops.answering.handler.handle"]
    roles = resources(usual, "AWS::IAM::Role")
    [role] = [one["Properties"] for one in roles.values() if "verdicts" in one["Properties"].get("Description", "")]
    [policy] = [
        one["Properties"]
        for one in resources(usual, "AWS::IAM::Policy").values()
        if one["Properties"]["PolicyName"] == "Answers"
    ]
    statements = [*role["Policies"][0]["PolicyDocument"]["Statement"], *policy["PolicyDocument"]["Statement"]]
    allowed = {
        action
        for one in statements
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert allowed == {
        *("codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"),
        *("codepipeline:GetPipelineState", "codepipeline:ListActionExecutions", "codepipeline:PutApprovalResult"),
        *("ssm:GetParameter", "ssm:GetParametersByPath"),
        *("logs:CreateLogStream", "logs:PutLogEvents"),
    }
    assert [one["Action"] for one in statements if one["Resource"] == "*"] == [
        ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"]
    ]


def test_verdicts_of_this_endpoint_reach_the_function(usual: Json) -> None:
    """From the account's own bus; nothing is made for elsewhere."""
    rule = the(usual, "AWS::Events::Rule")
    assert rule["EventPattern"]["detail"] == {"endpoint": ["churn"]}
    assert "EventBusName" not in rule
    [target] = rule["Targets"]
    assert set(target["InputTransformer"]["InputPathsMap"]) == {"account", "region", "detail"}
    assert resources(usual, "AWS::Events::EventBus") == {}


def test_without_a_shadow_there_is_one_stage_that_serves() -> None:
    """And nobody to answer."""
    template, _ = rendered((watched(shadow=None, sampling_percent=None), None))
    assert [*stages(template)][-1] == "churn-serve"
    assert resources(template, "AWS::Lambda::Function") == {}
    assert "BeforeEntry" not in str(stages(template))


def test_verdicts_come_from_another_account_over_a_bus() -> None:
    """Beside the endpoint: who sends, and what the pipeline's account may read. Here: only that account may send."""
    template, folder = rendered((watched(), ELSEWHERE))
    [bus] = resources(template, "AWS::Events::EventBus").values()
    name = bus["Properties"]["Name"]
    statement = the(template, "AWS::Events::EventBusPolicy")["Statement"]
    assert text_of(statement["Principal"]["AWS"]) == "arn:aws:iam::999988887777:root"
    assert statement["Condition"] == {"StringEquals": {"events:source": "sagemaker-shadow-constructs"}}
    assert the(template, "AWS::Events::Rule")["EventBusName"] == {
        "Ref": next(iter(resources(template, "AWS::Events::EventBus")))
    }

    [file] = (folder / "assembly-Delivery-churn-shadow").glob("*reports*.template.json")
    reports = json.loads(file.read_text())
    rule = the(reports, "AWS::Events::Rule")
    assert text_of(rule["Targets"][0]["Arn"]) == f"arn:aws:events:eu-west-1:111122223333:event-bus/{name}"
    readers = [one["Properties"] for one in resources(reports, "AWS::IAM::Role").values()]
    [reader] = [one for one in readers if "RoleName" in one]
    role = entry_of(stages(template)["churn-shadow"]).role
    assert role == f"arn:aws:iam::999988887777:role/{reader['RoleName']}"
    taken = [one["Resource"] for one in _statements(template) if one["Action"] == "sts:AssumeRole"]
    assert [[text_of(one) for one in some] for some in taken] == [[role]]
    [target] = the(template, "AWS::Events::Rule")["Targets"]
    told = target["InputTransformer"]["InputTemplate"]["Fn::Join"][1]
    said = "".join(
        {"Partition": "aws"}.get(one["Ref"].removeprefix("AWS::"), "p") if isinstance(one, dict) else one
        for one in told
    )
    assert json.loads(re.sub("<.*?>", "0", said))["readers"] == {"999988887777/eu-west-1/churn": role}
    assert not [*(folder / "assembly-Delivery-churn-promotion").glob("*reports*")]


def _statements(template: Json) -> list[Json]:
    """The statements of all roles."""
    policies = [one["Properties"].get("Policies", []) for one in resources(template, "AWS::IAM::Role").values()]
    return [statement for some in policies for one in some for statement in one["PolicyDocument"]["Statement"]]


def test_several_tests_and_regions_share_a_pipeline_and_its_function() -> None:
    """Each with its own stages; the same endpoint in another Region is read there."""
    template, _ = rendered((watched(), HERE), (watched(), OVERSEAS), (watched("chess"), HERE))
    names = [*stages(template)]
    assert names[-6:] == [f"{name}-{kind}" for name in ("churn", "more1", "more2") for kind in ("shadow", "promotion")]
    assert len(resources(template, "AWS::Lambda::Function")) == 1
    assert entry_of(stages(template)["more1-shadow"]).region == "us-east-1"
    asked = [
        Approval.from_text(
            one["Actions"][-1]["Configuration"]["CustomData"].replace("#{", "").replace("}", "").replace(".", "")
        )
        for name, one in stages(template).items()
        if name.endswith("-shadow")
    ]
    assert [(one.endpoint, one.region) for one in asked if one is not None] == [
        ("churn", "eu-west-1"),
        ("churn", "us-east-1"),
        ("chess", "eu-west-1"),
    ]
    patterns = {
        rule["Properties"].get("EventBusName") is None: rule["Properties"]["EventPattern"]["detail"]["endpoint"]
        for rule in resources(template, "AWS::Events::Rule").values()
    }
    assert patterns == {True: ["churn", "chess"], False: ["churn"]}


@pytest.mark.parametrize(
    ("changes", "arguments", "said"),
    [
        ({}, {"deadline_days": 61}, "'deadline_days' must be a whole number of days from 1 to 60, got 61"),
        ({}, {"deadline_days": 0}, "'deadline_days' must be"),
        ({}, {"deadline_days": True}, "'deadline_days' must be"),
        ({}, {"deadline_days": "14"}, "'deadline_days' must be"),
        ({"gate": GatePolicy(min_duration_minutes=3 * 24 * 60)}, {"deadline_days": 3}, "no test could pass"),
        ({"watch": Watch.off("no functions")}, {}, "nobody would tell the pipeline of a verdict with Watch.off"),
        ({"guard": Guard.off("no functions")}, {}, "nobody would tell the pipeline of a verdict with Guard.off"),
        ({}, {"name": "a b"}, "'name' must begin with a letter"),
        ({}, {"env": "eu-west-1"}, "'env' must be a cdk.Environment"),
    ],
)
def test_what_could_never_be_is_refused(changes: dict[str, Any], arguments: dict[str, Any], said: str) -> None:
    """In one line, before a stage is there."""
    pipeline = new_pipeline(cdk.App())
    with pytest.raises(InvalidValueError, match=r"^[^\n]*$") as refused:
        add_shadow_test(pipeline, watched(**changes), **arguments)
    assert said in str(refused.value)


def test_a_stage_without_a_shadow_test_is_refused() -> None:
    """And whatever isn't a pipeline; and the same name twice, and where nobody knows who is elsewhere."""
    given: Any = cdk.Stage(cdk.App(), "Mine")
    with pytest.raises(InvalidValueError, match="a stage without one has no verdict to wait for"):
        add_shadow_test(new_pipeline(cdk.App()), given)
    with pytest.raises(InvalidValueError, match=r"must be an aws_cdk[.]pipelines[.]CodePipeline"):
        add_shadow_test(given, watched())
    pipeline = new_pipeline(cdk.App())
    add_shadow_test(pipeline, watched())
    with pytest.raises(InvalidValueError, match="give the one in each Region or account a name of its own"):
        add_shadow_test(pipeline, watched(), env=OVERSEAS)
    with pytest.raises(InvalidValueError, match="leave account out where the pipeline's stack does"):
        add_shadow_test(new_pipeline(cdk.App(), None), watched(), env=HERE)


def test_both_stacks_in_one_stage_are_refused() -> None:
    """CodePipeline would deploy them side by side, and chance would decide."""
    stage = cdk.Stage(cdk.App(), "Both", env=HERE)
    ShadowTestStack(stage, "churn", test=watched())
    with pytest.raises(InvalidValueError, match="a Stage is deployed as a whole: give the promotion its own Stage"):
        PromotionStack(stage, "churn-promotion", test=watched())


def test_what_serves_on_other_hardware_is_another_promotion() -> None:
    """A stage is skipped for what it would serve on, too."""
    test = watched(shadow=variant(hardware=hardware("ml.m5.2xlarge")), promote_on="shadow")
    template, _ = rendered((test, HERE))
    assert entry_of(stages(template)["churn-shadow"]).production[0][2] == "v1 (xgboost 3.0-5) on 1 x ml.m5.2xlarge"


def test_twice_the_same_code_is_the_same_pipeline() -> None:
    """Byte for byte."""
    first, second = (json.dumps(rendered((watched(), HERE))[0]) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "env",
    [
        {"account": "1"},
        {"account": "abcdefghijkl"},
        {"account": "111122223333 "},
        {"account": "\u0661" * 12},
        {"account": cdk.Aws.ACCOUNT_ID},
        {"region": "EU-WEST-1"},
        {"region": "europe"},
        {"region": cdk.Aws.REGION},
    ],
    ids=["short", "letters", "blank", "other digits", "account token", "capitals", "no Region", "Region token"],
)
def test_fails_where_account_or_region_could_be_no_endpoints(env: dict[str, str]) -> None:
    """They are written into roles, events and the approval before anything is deployed."""
    pipeline = new_pipeline(cdk.App(), cross_account_keys=True)
    [name] = env
    with pytest.raises(InvalidValueError, match=f"add_shadow_test: 'env.{name}' must be"):
        add_shadow_test(pipeline, watched(), env=cdk.Environment(**env))


def test_fails_with_the_same_endpoint_twice() -> None:
    """Under another name as well: both would deploy one stack."""
    pipeline = new_pipeline(cdk.App())
    add_shadow_test(pipeline, watched())
    with pytest.raises(InvalidValueError, match="'test' must be of an endpoint that the pipeline doesn't deploy yet"):
        add_shadow_test(pipeline, watched(), name="again")
    with pytest.raises(InvalidValueError, match="'test' must be of an endpoint that the pipeline doesn't deploy yet"):
        add_shadow_test(pipeline, watched(shadow=None, sampling_percent=None), name="served")
    add_shadow_test(pipeline, watched(), env=OVERSEAS, name="overseas")


def test_fails_with_a_pipeline_that_is_built() -> None:
    """In a sentence of ours; before it is built, CDK Pipelines has no pipeline to show."""
    pipeline = new_pipeline(cdk.App())
    pipeline.add_stage(cdk_stage(pipeline))
    pipeline.build_pipeline()
    with pytest.raises(InvalidValueError, match="'pipeline' must not be built yet"):
        add_shadow_test(pipeline, watched())


@pytest.mark.parametrize("kind", ["shadow", "promotion", "serve"])
def test_fails_where_a_stage_of_that_name_is_there(kind: str) -> None:
    """Whatever made it."""
    pipeline = new_pipeline(cdk.App())
    cdk.Stage(cdk.Stack.of(pipeline), f"churn-{kind}")
    with pytest.raises(InvalidValueError, match="'name' must be new in the pipeline and its stack"):
        add_shadow_test(pipeline, watched())
    pipeline.add_wave(f"chess-{kind}")
    with pytest.raises(InvalidValueError, match="'name' must be new in the pipeline and its stack"):
        add_shadow_test(pipeline, watched("chess"))


def test_fails_where_two_stacks_of_the_pipeline_would_be_one() -> None:
    """The pipeline's own, one of another stage, or the stack beside another endpoint: each is somebody else's."""
    pipeline = new_pipeline(cdk.App(), cross_account_keys=True)
    pipeline.add_stage(cdk_stage(pipeline))
    add_shadow_test(pipeline, watched(), env=ELSEWHERE)
    add_shadow_test(pipeline, watched("chess-reports"), env=ELSEWHERE)
    for name, env, whose in (
        ("Delivery", HERE, "the pipeline's own stack"),
        ("Other-Stack", HERE, "a stack of Other"),
        ("churn-reports", ELSEWHERE, "a stack of churn-shadow"),
        ("chess", ELSEWHERE, "a stack of chess-reports-promotion"),
    ):
        with pytest.raises(InvalidValueError, match=f"'test' must have stacks of names .*{whose} has it") as refused:
            add_shadow_test(pipeline, watched(name), env=env)
        assert len(refused.value.problems) == 1
    add_shadow_test(pipeline, watched("Delivery"), env=OVERSEAS)


Adding = Callable[[pipelines.CodePipeline, ShadowStages, pipelines.Step], object]


@pytest.mark.parametrize(
    ("add", "said"),
    [
        (
            lambda made, _stages, _fold: made.add_stage(cdk_stage(made, "churn")),
            "'test' must have stacks of names that nothing else has .*, got 'churn'; a stack of Other has it, and one",
        ),
        (
            lambda made, _stages, _fold: made.add_wave("churn-shadow").add_stage(cdk_stage(made)),
            "must have stages and waves of different names, got 'churn-shadow'; rename one of them",
        ),
        (
            lambda made, _stages, _fold: made.add_wave("W").add_stage(the_stage(made, "churn-promotion")),
            "must have stages of different names, got 'churn-promotion'; rename one of them",
        ),
        (
            lambda _made, stages, _fold: stages.shadow.add_post(step("Verdict")),
            "must have steps in churn-shadow that are called like nothing else in it, got 'Verdict'; rename one",
        ),
        (
            lambda _made, stages, _fold: stages.promotion.add_pre(step("churn")),
            "must have steps in churn-promotion that are called like nothing else in it, got 'churn'; rename one",
        ),
        (
            lambda made, _stages, fold: made.add_wave("W", pre=[fold]),
            "must have each step once, got 'Fold'; make one for each stage",
        ),
    ],
    ids=["stack", "wave", "stage", "step", "step like a stack", "step twice"],
)
def test_fails_with_what_is_added_later_and_is_there_already(add: Adding, said: str) -> None:
    """At synthesis, before the CDK builds the pipeline: one line instead of a lost stack or a graph's words."""
    app = cdk.App()
    pipeline, fold = new_pipeline(app), step("Fold")
    add(pipeline, add_shadow_test(pipeline, watched(), after_promotion=[fold]), fold)
    with pytest.raises(RuntimeError, match=f"^add_shadow_test: .*{said}[^\\n]*$"):
        app.synth()


def test_two_pipelines_of_an_app_deploy_an_endpoint_once() -> None:
    """In one place; elsewhere it is another endpoint, and where that isn't said nobody knows."""
    app = cdk.App()
    first, second = (new_pipeline(app, name=name, cross_account_keys=True) for name in ("One", "Two"))
    add_shadow_test(first, watched())
    with pytest.raises(InvalidValueError, match="an endpoint that the pipeline One/Pipeline doesn't deploy yet"):
        add_shadow_test(second, watched())
    add_shadow_test(second, watched(), env=ELSEWHERE)
    add_shadow_test(new_pipeline(cdk.App(), name="One"), watched())
    for name in ("Three", "Four"):
        add_shadow_test(new_pipeline(app, None, name=name), watched())
    stages_of = [[*stages_in(app, name)][-2:] for name in ("One", "Two", "Three", "Four")]
    assert stages_of == [["churn-shadow", "churn-promotion"]] * 4


def test_a_pipeline_may_be_in_a_stage_of_its_own() -> None:
    """Whose name is part of the names of its stages; they are known for its own all the same, and asked at entry."""
    app = cdk.App()
    home = cdk.Stage(app, "Tools", env=HERE)
    add_shadow_test(new_pipeline(home, None), watched(), env=HERE)
    [template] = (Path(app.synth().directory) / "assembly-Tools").glob("ToolsDelivery*.template.json")
    found = stages(json.loads(template.read_text()))
    assert [name for name, one in found.items() if "BeforeEntry" in one] == [
        "Tools-churn-shadow",
        "Tools-churn-promotion",
    ]


@pytest.mark.parametrize("name", ["reports", "Verdict", "Key"])
def test_an_endpoint_may_be_called_like_something_of_a_stage(name: str) -> None:
    """What stands beside its stack has another name then."""
    template, _ = rendered((watched(name), ELSEWHERE))
    assert [*stages(template)][-2:] == [f"{name}-shadow", f"{name}-promotion"]
    wait = stages(template)[f"{name}-shadow"]["Actions"][-1]["Name"]
    assert wait == ("its-Verdict" if name == "Verdict" else "Verdict")


def test_nothing_is_said_of_a_type_that_it_has() -> None:
    """The CDK warns of V1 where no type is given; the pipeline is one of V2."""
    app = cdk.App()
    add_shadow_test(new_pipeline(app), watched())
    said = [one.entry.data for stack in app.synth().stacks for one in stack.messages]
    assert not [one for one in said if "pipelineType" in str(one)]


def stages_in(app: cdk.App, stack: str) -> dict[str, Json]:
    """The stages of one of several pipelines."""
    return stages(json.loads((Path(app.synth().directory) / f"{stack}.template.json").read_text()))


def the_stage(pipeline: pipelines.CodePipeline, name: str) -> cdk.Stage:
    """A stage that was made for a shadow test."""
    found = cdk.Stack.of(pipeline).node.find_child(name)
    assert isinstance(found, cdk.Stage)
    return found


def step(step_id: str) -> pipelines.Step:
    """A step."""
    return pipelines.ManualApprovalStep(step_id)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([step("Fold"), step("Fold")], "must hold steps of different ids, got 'Fold'"),
        ([step("churn")], "must hold no step with the id of the endpoint's stack, got 'churn'"),
        (["Fold"], "must hold steps of aws_cdk.pipelines, got 'Fold'"),
        ("Fold", "must be a list, got 'Fold'"),
    ],
)
def test_fails_with_steps_that_no_stage_can_have(steps: Any, said: str) -> None:  # noqa: ANN401 - anything
    """CDK Pipelines would fail at synthesis, in words about a graph."""
    with pytest.raises(InvalidValueError, match=f"^add_shadow_test: 'after_promotion' {said}[^\\n]*$"):
        add_shadow_test(new_pipeline(cdk.App()), watched(), after_promotion=steps)


def test_fails_with_a_step_that_is_in_the_pipeline() -> None:
    """It would have to come before itself."""
    pipeline, one = new_pipeline(cdk.App()), step("Fold")
    add_shadow_test(pipeline, watched(), after_promotion=[one])
    with pytest.raises(InvalidValueError, match="must hold steps that the pipeline doesn't have yet, got 'Fold'"):
        add_shadow_test(pipeline, watched("chess"), after_promotion=[one])


@pytest.mark.parametrize("changes", [{}, {"shadow": None, "sampling_percent": None}])
def test_fails_across_accounts_without_a_key(changes: dict[str, Any]) -> None:
    """In a sentence that says what to write, whoever builds the pipeline; only then its bucket can be asked."""
    pipeline = new_pipeline(cdk.App())
    add_shadow_test(pipeline, watched(**changes), env=ELSEWHERE)
    said = r"'env.account' must be in .* churn is elsewhere, got '999988887777'; write .*cross_account_keys=True\)$"
    with pytest.raises(RuntimeError, match=said):
        pipeline.build_pipeline()


def test_fails_with_more_stages_than_a_pipeline_has() -> None:
    """Those that are known at once; those that come later, once the pipeline is built."""
    pipeline = new_pipeline(cdk.App())
    for number in range(44):
        pipeline.add_wave(f"W{number}", pre=[step("Wait")])
    add_shadow_test(pipeline, watched())
    said = "'pipeline' must have at most 50 stages, .*, got {}; CodePipeline takes no more"
    with pytest.raises(InvalidValueError, match=said.format(51)):
        add_shadow_test(pipeline, watched("chess", shadow=None, sampling_percent=None))
    pipeline.add_wave("Last", pre=[step("Wait")])
    with pytest.raises(RuntimeError, match=said.format(51)):
        cdk.App.of(pipeline).synth()  # type: ignore[union-attr] # it is in one


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"])
def test_fails_across_partitions(region: str) -> None:
    """No role reaches from one into another."""
    pipeline = new_pipeline(cdk.App(), cross_account_keys=True)
    with pytest.raises(InvalidValueError, match=f"'env' must be of the pipeline's partition, aws, .*, got '{region}'"):
        add_shadow_test(pipeline, watched(), env=cdk.Environment(account="999988887777", region=region))


def test_fails_with_an_endpoint_that_no_stack_can_be_named_like() -> None:
    """Nobody gave a name, so nothing is said of one."""
    with pytest.raises(InvalidValueError, match="'test' must be of an endpoint whose name begins with a letter"):
        add_shadow_test(new_pipeline(cdk.App()), watched("2churn"))


def cdk_stage(pipeline: pipelines.CodePipeline, stack_name: str | None = None) -> cdk.Stage:
    """A stage with something in it."""
    made = cdk.Stage(cdk.Stack.of(pipeline), "Other")
    cdk.CfnOutput(cdk.Stack(made, "Stack", stack_name=stack_name), "Nothing", value="nothing")
    cdk.CfnWaitConditionHandle(made.node.find_child("Stack"), "Handle")  # type: ignore[arg-type] # a Stack
    return made


def own_pipeline(app: cdk.App, **kind: Any) -> pipelines.CodePipeline:  # noqa: ANN401 - as the CDK takes it
    """Somebody's own pipeline with a shadow test in it."""
    own = codepipeline.Pipeline(cdk.Stack(app, "Own", env=HERE), "Pipeline", **kind)
    source = pipelines.CodePipelineSource.connection("team/churn", "main", connection_arn=CONNECTION)
    synth = pipelines.ShellStep("Synth", input=source, commands=["cdk synth"])
    made = pipelines.CodePipeline(cdk.Stack.of(own), "Delivery", synth=synth, code_pipeline=own)
    add_shadow_test(made, watched(), env=HERE)
    return made


V1, V2 = codepipeline.PipelineType.V1, codepipeline.PipelineType.V2
QUEUED, PARALLEL = codepipeline.ExecutionMode.QUEUED, codepipeline.ExecutionMode.PARALLEL
SUPERSEDED = codepipeline.ExecutionMode.SUPERSEDED


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ({"pipeline_type": V1}, "'pipeline_type' must be of type V2"),
        ({"pipeline_type": V2, "execution_mode": QUEUED}, "'execution_mode' must be SUPERSEDED"),
        ({"pipeline_type": V2, "execution_mode": PARALLEL}, "'execution_mode' must be SUPERSEDED"),
    ],
)
def test_fails_with_a_pipeline_of_another_kind(kind: dict[str, Any], said: str) -> None:
    """Its other stages would change with it; a mode that CDK Pipelines is told, likewise."""
    app = cdk.App()
    own_pipeline(app, **kind)
    with pytest.raises(Exception, match=said):
        app.synth()
    if "execution_mode" in kind:
        app = cdk.App()
        add_shadow_test(new_pipeline(app, **kind), watched(), env=HERE)
        with pytest.raises(Exception, match=said):
            app.synth()


@pytest.mark.parametrize(("kind", "warned"), [({}, True), ({"pipeline_type": V2, "execution_mode": SUPERSEDED}, False)])
def test_a_pipeline_of_ones_own_does_not_change_silently(kind: dict[str, Any], *, warned: bool) -> None:
    """What it didn't say becomes V2 and SUPERSEDED for all stages; where it says so nothing is said."""
    app = cdk.App()
    path = own_pipeline(app, **kind).node.path
    said = [one.entry.data for one in app.synth().get_stack_by_name("Own").messages if one.id == f"/{path}"]
    assert [one for one in said if "pipeline-changed" in str(one)] == ([said[0]] if warned else [])
