"""What an endpoint offers to the rest of a stack: permissions, metrics, outputs, a reference, warnings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as awslambda
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Annotations, Match

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    Guard,
    Guardrails,
    InvalidValueError,
    Model,
    Promotion,
    Rollback,
    ShadowEndpoint,
    ShadowTest,
    VariantMetrics,
)
from tests.constructs.rendering import IRELAND, Json, flat, new_stack, resources, template_of, texts, the
from tests.values.samples import IMAGE, KEY_ARN, hardware, model, serving, shadow_test, variant

INVOCATIONS, HOSTS = "AWS/SageMaker", "/aws/sagemaker/Endpoints"

METRICS = {
    "metric_invocations": (INVOCATIONS, "Invocations", "Sum"),
    "metric_invocations_per_instance": (INVOCATIONS, "InvocationsPerInstance", "Sum"),
    "metric_model_latency": (INVOCATIONS, "ModelLatency", "p99"),
    "metric_overhead_latency": (INVOCATIONS, "OverheadLatency", "Average"),
    "metric_4xx_errors": (INVOCATIONS, "Invocation4XXErrors", "Average"),
    "metric_5xx_errors": (INVOCATIONS, "Invocation5XXErrors", "Average"),
    "metric_model_errors": (INVOCATIONS, "InvocationModelErrors", "Average"),
    "metric_cpu_utilization": (HOSTS, "CPUUtilization", "Average"),
    "metric_memory_utilization": (HOSTS, "MemoryUtilization", "Average"),
    "metric_disk_utilization": (HOSTS, "DiskUtilization", "Maximum"),
    "metric_gpu_utilization": (HOSTS, "GPUUtilization", "Average"),
    "metric_gpu_memory_utilization": (HOSTS, "GPUMemoryUtilization", "Average"),
}


def metric(name: str, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - statistic and period
    """A metric of the shadow of an endpoint."""
    found: cloudwatch.Metric = getattr(VariantMetrics("churn", "shadow"), name)(**options)
    return found


def test_every_metric_is_tested() -> None:
    """The table above is complete."""
    assert {name for name in dir(VariantMetrics) if name.startswith("metric_")} == set(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_has_its_name_namespace_statistic_and_dimensions(name: str) -> None:
    """CloudWatch shows an empty graph, without a word, if one of them is wrong."""
    namespace, metric_name, statistic = METRICS[name]
    found = metric(name)

    assert (found.namespace, found.metric_name, found.statistic) == (namespace, metric_name, statistic)
    assert found.dimensions == {"EndpointName": "churn", "VariantName": "shadow"}
    assert found.period.to_seconds() == 60
    assert found.unit is None


@pytest.mark.parametrize("name", METRICS)
def test_statistic_and_period_can_be_chosen(name: str) -> None:
    """As with any metric of the CDK, the period in seconds."""
    found = metric(name, statistic="p90", period_seconds=300)

    assert found.statistic == "p90"
    assert found.period.to_seconds() == 300


def test_both_variants_have_their_metrics() -> None:
    """Under their own names, so that an alarm can be made at once."""
    stack = new_stack()
    endpoint = ShadowEndpoint(stack, "E", test=shadow_test(shadow=variant("v2", "candidate")))
    assert endpoint.shadow is not None
    endpoint.shadow.metric_5xx_errors().create_alarm(stack, "Errors", threshold=0.01, evaluation_periods=5)

    [alarm] = [
        one["Properties"]
        for key, one in resources(template_of(stack), "AWS::CloudWatch::Alarm").items()
        if key.startswith("Errors")
    ]
    assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == {
        "EndpointName": "churn",
        "VariantName": "candidate",
    }
    assert endpoint.production == VariantMetrics("churn", "production")


def test_an_alarm_on_the_endpoint_makes_no_circle() -> None:
    """Metrics name the endpoint by its literal name, so the endpoint may depend on the alarm in turn."""
    stack = new_stack()
    endpoint = ShadowEndpoint(stack, "E", test=shadow_test())
    alarm = endpoint.production.metric_model_latency().create_alarm(stack, "Slow", threshold=1, evaluation_periods=1)
    endpoint.cfn_endpoint.node.add_dependency(alarm)

    [found] = resources(template_of(stack), "AWS::SageMaker::Endpoint").values()
    assert [one for one in found["DependsOn"] if one.startswith("Slow")] == found["DependsOn"]


METRICS_OF: dict[str, Callable[[cdk.Stack], Any]] = {
    "of an endpoint": lambda stack: ShadowEndpoint(stack, "E", test=shadow_test()).production,
    "of its shadow": lambda stack: ShadowEndpoint(stack, "E", test=shadow_test()).shadow,
    "of one config": lambda stack: ShadowEndpoint(stack, "E", test=shadow_test()).production.of_config("config-7"),
    "of a reference": lambda stack: ShadowEndpoint.from_endpoint_name(stack, "There", "churn").production,
    "of a stack's endpoint": lambda stack: VariantMetrics("churn", "production", scope=stack),
}


@pytest.mark.parametrize(
    ("region", "account"),
    [("eu-west-1", "111122223333"), ("us-east-1", "111122223333"), ("eu-west-1", "222222222222")],
)
@pytest.mark.parametrize("case", METRICS_OF)
def test_a_metric_says_where_its_endpoint_is_to_stacks_elsewhere(case: str, region: str, account: str) -> None:
    """A dashboard shows it from anywhere; an alarm of another Region is refused, as with the CDK's own metrics."""
    app = cdk.App()
    metric = METRICS_OF[case](cdk.Stack(app, "here", env=IRELAND)).metric_model_latency()
    stack = cdk.Stack(app, "there", env=cdk.Environment(account=account, region=region))
    cloudwatch.Dashboard(stack, "Dashboard", widgets=[[cloudwatch.GraphWidget(left=[metric])]])
    if region == "eu-west-1":
        metric.create_alarm(stack, "Slow", threshold=1, evaluation_periods=1)
    else:
        with pytest.raises(RuntimeError, match="Cannot create an Alarm in region 'us-east-1' based on metric"):
            metric.create_alarm(stack, "Slow", threshold=1, evaluation_periods=1)

    template = template_of(stack)
    shown = json.dumps(the(template, "AWS::CloudWatch::Dashboard")).split("metrics")[1]
    assert ("eu-west-1" in shown) is (region != "eu-west-1")
    assert (str(IRELAND.account) in shown) is (account != IRELAND.account)
    alarms = json.dumps(resources(template, "AWS::CloudWatch::Alarm"))
    assert (str(IRELAND.account) in alarms) is (account != IRELAND.account)


def test_fails_with_metrics_of_no_place() -> None:
    """What isn't a construct is nowhere."""
    with pytest.raises(InvalidValueError, match="'scope' must be a construct of the endpoint's stack, got 'here'"):
        VariantMetrics("churn", "production", scope="here")  # type: ignore[arg-type] # on purpose


def test_a_caller_may_invoke_this_endpoint_and_nothing_else() -> None:
    """One action on one ARN, which SageMaker may write in lower case."""
    stack = new_stack(IRELAND)
    caller = iam.User(stack, "Caller")
    ShadowEndpoint(stack, "E", test=shadow_test()).grant_invoke(caller)
    template = template_of(stack)

    [granted] = [
        one["Properties"] for one in resources(template, "AWS::IAM::Policy").values() if "Users" in one["Properties"]
    ]
    [statement] = granted["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sagemaker:InvokeEndpoint")
    assert texts(statement["Resource"]) == ["arn:<AWS::Partition>:sagemaker:eu-west-1:111122223333:endpoint/churn"]


ENDPOINTS: dict[str, Callable[[cdk.Stack], Any]] = {
    "its own": lambda stack: ShadowEndpoint(stack, "E", test=shadow_test()),
    "a reference": lambda stack: ShadowEndpoint.from_endpoint_name(stack, "There", "churn"),
}
ELSEWHERE: dict[str, Callable[[cdk.Stack], Any]] = {
    "a role": lambda stack: iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
    "a user": lambda stack: iam.User(stack, "User"),
    "a group": lambda stack: iam.Group(stack, "Group"),
    "a role by its ARN": lambda stack: iam.Role.from_role_arn(stack, "Role", f"arn:aws:iam::{stack.account}:role/x"),
    "an account": lambda stack: iam.AccountPrincipal(stack.account),
}
NO_POLICIES: list[Any] = [
    iam.AccountPrincipal("111122223333"),
    iam.ServicePrincipal("lambda.amazonaws.com"),
    iam.ArnPrincipal("arn:aws:iam::111122223333:role/x"),
    iam.AnyPrincipal(),
    iam.OrganizationPrincipal("o-1234567890"),
]


@pytest.mark.parametrize("caller", ELSEWHERE)
@pytest.mark.parametrize("case", ENDPOINTS)
def test_fails_to_grant_what_another_account_could_not_use(case: str, caller: str) -> None:
    """An endpoint has no policy that could admit it; a role of the endpoint's account, as the line says, can."""
    app = cdk.App()
    stack = cdk.Stack(app, "here", env=IRELAND)
    endpoint = ENDPOINTS[case](stack)
    there = cdk.Stack(app, "there", env=cdk.Environment(account="222222222222", region="eu-west-1"))
    with pytest.raises(InvalidValueError, match="'grantee' must be of the endpoint's account 111122223333") as refused:
        endpoint.grant_invoke(ELSEWHERE[caller](there))

    [line] = refused.value.problems
    role = eval(line.rsplit("assumes: ", 1)[1], {"iam": iam, "stack": stack})
    assert endpoint.grant_invoke(role).success


@pytest.mark.parametrize("grantee", NO_POLICIES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("case", ENDPOINTS)
def test_fails_to_grant_to_who_takes_no_policies(case: str, grantee: iam.IPrincipal) -> None:
    """The CDK would grant nothing, without a word; a role that it assumes takes them."""
    stack = new_stack(IRELAND)
    endpoint = ENDPOINTS[case](stack)
    with pytest.raises(InvalidValueError, match="'grantee' must be a principal that takes policies") as refused:
        endpoint.grant_invoke(grantee)

    assert f"assumed_by=iam.{type(grantee).__name__}(...)" in str(refused.value)
    assert endpoint.grant_invoke(iam.Role(stack, "Caller", assumed_by=grantee)).success


@pytest.mark.parametrize("env", [None, IRELAND])
def test_who_may_be_of_the_account_is_granted(env: cdk.Environment | None) -> None:
    """Where the code doesn't say which account it is, it may be the endpoint's."""
    app = cdk.App()
    endpoint = ShadowEndpoint(cdk.Stack(app, "here", env=env), "E", test=shadow_test())
    for number, other in enumerate((None, IRELAND)):
        stack = cdk.Stack(app, f"there{number}", env=other)
        assert endpoint.grant_invoke(ELSEWHERE["a role"](stack)).success
        function = awslambda.Function.from_function_arn(
            stack, "Function", "arn:aws:lambda:eu-west-1:222222222222:function:f"
        )
        endpoint.grant_invoke(function)


def test_an_endpoint_elsewhere_can_be_invoked_and_watched() -> None:
    """By its name alone; SageMaker writes names in ARNs in lower case, so both spellings are allowed."""
    stack = new_stack(IRELAND)
    caller = iam.User(stack, "Caller")
    there = ShadowEndpoint.from_endpoint_name(stack, "There", "Churn", production_name="AllTraffic", shadow_name=None)
    there.grant_invoke(caller)
    template = template_of(stack)

    [statement] = the(template, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    arn = "arn:<AWS::Partition>:sagemaker:eu-west-1:111122223333:endpoint"
    assert texts(statement["Resource"]) == [f"{arn}/Churn", f"{arn}/churn"]
    assert there.production == VariantMetrics("Churn", "AllTraffic")
    assert there.shadow is None
    assert not resources(template, "AWS::SageMaker::Endpoint")


def test_a_reference_knows_the_default_variant_names() -> None:
    """They are those that ShadowTest gives."""
    there = ShadowEndpoint.from_endpoint_name(new_stack(), "There", "churn")

    assert there.endpoint_name == "churn"
    assert (there.production.variant_name, there.shadow.variant_name if there.shadow else None) == (
        shadow_test().production.name,
        variant_name(shadow_test()),
    )


def variant_name(test: ShadowTest) -> str | None:
    """The shadow's name."""
    return None if test.shadow is None else test.shadow.name


def outputs(test: ShadowTest, prefix: str = "") -> dict[str, str]:
    """The outputs of an endpoint, as text."""
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=test).add_outputs(prefix)
    return {key: flat(one["Value"]) for key, one in template_of(stack)["Outputs"].items()}


def test_outputs_tell_a_person_and_a_script_what_is_deployed() -> None:
    """All of them, with their values; the console's address has the region and the host of the deployment."""
    china = "<Consoleawscn?https://console.amazonaws.cn:>"
    others = f"<Consoleawsusgov?https://console.amazonaws-us-gov.com:{china}>"
    host = f"<Consoleaws?https://console.aws.amazon.com:{others}>"
    found = outputs(shadow_test(sampling_percent=33.3))

    assert found.pop("EndpointConfigName").endswith(".EndpointConfigName>")
    assert found.pop("CapturedData").endswith("/captured/churn/")
    assert found == {
        "EndpointName": "churn",
        "ProductionVariant": "production",
        "ProductionModel": "v1",
        "ShadowVariant": "shadow",
        "ShadowModel": "v2",
        "SamplingPercent": "33.3",
        "Console": f"{host}/sagemaker/home?region=<AWS::Region>#/endpoints/churn",
    }


def test_what_is_not_there_has_no_output() -> None:
    """No shadow and no capture: neither is mentioned."""
    assert set(outputs(serving(capture=Capture.off()))) == {
        "EndpointName",
        "EndpointConfigName",
        "ProductionVariant",
        "ProductionModel",
        "Console",
    }


def test_outputs_of_two_endpoints_are_told_apart_by_a_prefix() -> None:
    """Without one, the second would clash with the first."""
    stack = new_stack()
    for name in ("Churn", "Fraud"):
        endpoint = ShadowEndpoint(stack, name, test=shadow_test(endpoint_name=name.lower()))
        endpoint.add_outputs(prefix=name)
    found = template_of(stack)["Outputs"]

    assert found["ChurnEndpointName"]["Value"] == "churn"
    assert found["FraudEndpointName"]["Value"] == "fraud"
    assert len(found) == 18


def test_fails_with_the_same_outputs_twice() -> None:
    """The second endpoint of a stack needs a prefix."""
    stack = new_stack()
    churn, fraud = (ShadowEndpoint(stack, one, test=shadow_test(endpoint_name=one)) for one in ("churn", "fraud"))
    churn.add_outputs()

    with pytest.raises(InvalidValueError, match="'prefix' must be new in the stack"):
        fraud.add_outputs()


def warnings_on(stack: cdk.Stack, path: str = "*") -> list[str]:
    """The warnings of a stack, as text."""
    found = Annotations.from_stack(stack).find_warning(path, Match.any_value())
    return [str(one.entry.data) for one in found]


def endpoint_warnings(test: ShadowTest) -> list[str]:
    """The warnings of one endpoint."""
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=test)
    return warnings_on(stack)


def test_an_ordinary_test_has_no_warning() -> None:
    """A warning is something to act on."""
    assert endpoint_warnings(shadow_test()) == []


@pytest.mark.parametrize(
    "container",
    [
        Container.uri("111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn"),
        Container.uri(IMAGE.replace(":7", ":latest")),
        Container.ecr("churn", "latest"),
        Container.uri(f"111122223333.dkr.ecr.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}/churn"),
    ],
    ids=["no tag", "latest by address", "latest by repository", "no tag, with tokens"],
)
def test_a_moving_tag_is_warned_of(container: Container) -> None:
    """What was tested might not be what is promoted."""
    [text] = endpoint_warnings(shadow_test(shadow=variant(model=model("v2", container=container))))

    assert "version 'v2' uses image tag 'latest'" in text
    assert "give a fixed tag or a digest" in text


SECRETS: dict[str, tuple[Callable[[cdk.Stack], str], bool]] = {
    "by name": (lambda _: cdk.SecretValue.secrets_manager("db").unsafe_unwrap(), True),
    "of the app": (lambda s: secretsmanager.Secret(s, "S").secret_value_from_json("password").unsafe_unwrap(), True),
    "within a text": (lambda _: f"user:{cdk.SecretValue.secrets_manager('db').unsafe_unwrap()}", True),
    "secure parameter": (lambda _: cdk.SecretValue.ssm_secure("db").unsafe_unwrap(), True),
    "where it is": (lambda s: secretsmanager.Secret(s, "S").secret_arn, False),
    "parameter": (lambda s: ssm.StringParameter.value_for_string_parameter(s, "/x"), False),
}


@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_that_a_token_stands_for_is_warned_of(case: str) -> None:
    """CloudFormation puts it into the model, where whoever may describe that reads it."""
    make, warned = SECRETS[case]
    stack = new_stack()
    given = make(stack)
    ShadowEndpoint(stack, "E", test=serving(production=variant(model=model(environment={"CONFIG": given}))))

    assert [one for one in warnings_on(stack) if "has CONFIG in its environment" in one] == warnings_on(stack)
    assert bool(warnings_on(stack)) is warned


@pytest.mark.parametrize("given", [None, "arn:aws:iam::111122223333:policy/mine"])
@pytest.mark.parametrize("context", [None, {"name": "theirs"}])
def test_a_boundary_that_the_context_replaces_is_warned_of(given: str | None, context: object) -> None:
    """The CDK's own is put on each role in the end."""
    app = cdk.App(context=None if context is None else {"@aws-cdk/core:permissionsBoundary": context})
    stack = cdk.Stack(app, "S", env=IRELAND)
    ShadowEndpoint(stack, "E", test=serving(guard=Guard(permissions_boundary=given)))

    said = [one for one in warnings_on(stack) if "leave one out" in one]
    assert bool(said) is (given is not None and context is not None)


def test_an_environment_may_name_what_is_not_there_yet() -> None:
    """Outputs that another stack reads are added later; nothing of them is asked for before."""
    app = cdk.App()
    other = ShadowEndpoint(cdk.Stack(app, "Other"), "E", test=serving(endpoint_name="other"))
    assert other.capture_bucket is not None
    environment = {"BUCKET": other.capture_bucket.bucket_name}
    test = serving(production=variant(model=model(environment=environment)))
    ShadowEndpoint(cdk.Stack(app, "Stack"), "E", test=test)
    other.add_outputs()

    assert len(app.synth().stacks) == 2


@pytest.mark.parametrize("role", [None, cdk.Fn.import_value("role")], ids=["no role", "a role"])
def test_no_warning_shows_a_token(role: str | None) -> None:
    """What only CloudFormation knows is said to be: the CDK's own marks differ each time."""
    name = cdk.Fn.import_value("model")
    test = serving(
        production=variant(model=Model(version="v1", model_name=name, role_arn=role)),
        guardrails=Guardrails(alarm_names=[cdk.Fn.import_value("alarm")]),
        alerts=Alerts(action_arns=[f"arn:aws:lambda:eu-west-1:111122223333:function:{name}"]),
    )
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=test, intent=Rollback("p99"))

    said = [str(one.entry.data) for kind in ("warning", "info") for one in _messages(stack, kind)]
    assert len(said) > 1
    assert "Token[" not in "".join(said)


def _messages(stack: cdk.Stack, kind: str) -> list[Any]:
    found: list[Any] = getattr(Annotations.from_stack(stack), f"find_{kind}")("*", Match.any_value())
    return found


def test_a_volume_key_on_local_disks_is_warned_of() -> None:
    """The key encrypts nothing there; the variant is named."""
    test = shadow_test(shadow=variant("v2", hardware=hardware("ml.g5.xlarge")), volume_key_arn=KEY_ARN)

    [text] = endpoint_warnings(test)

    assert "ml.g5.xlarge has local NVMe disks" in text


def test_the_unknown_role_of_an_existing_model_is_warned_of() -> None:
    """Nothing can be granted to a role that nobody named."""
    [text] = endpoint_warnings(serving(production=variant(model=Model(version="v1", model_name="churn-7"))))

    assert "name it in role_arn" in text


def promotion_texts(test: ShadowTest) -> list[str]:
    """What a promotion is warned of."""
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=test, intent=Promotion())
    return warnings_on(stack)


def test_a_promotion_to_untested_load_is_warned_of() -> None:
    """Half the requests on one instance don't show that one instance carries all of them."""
    [text] = promotion_texts(shadow_test(sampling_percent=50))

    assert "carried 50 % of the traffic (50 % on 1); after promotion each will carry 100 % (all on 1)" in text


def test_a_promotion_to_untested_hardware_is_warned_of() -> None:
    """The model was seen on other machines."""
    test = shadow_test(shadow=variant("v2", hardware=hardware("ml.c5.xlarge")))

    [text] = promotion_texts(test)

    assert "was tested on ml.c5.xlarge and will be promoted on ml.m5.xlarge" in text


def test_a_promotion_to_what_was_shown_has_no_warning() -> None:
    """All requests on as many instances, or more instances than were needed."""
    assert promotion_texts(shadow_test()) == []
    assert promotion_texts(shadow_test(sampling_percent=50, promote_on=hardware(count=2))) == []
    other = variant("v2", hardware=hardware("ml.c5.large"))
    assert promotion_texts(shadow_test(shadow=other, promote_on="shadow")) == []


def test_a_warning_can_be_acknowledged() -> None:
    """By its id, as any warning of the CDK."""
    stack = new_stack()
    cdk.Annotations.of(stack).acknowledge_warning("shadow-constructs:untested-load", "scaling takes care of it")
    ShadowEndpoint(stack, "E", test=shadow_test(sampling_percent=50), intent=Promotion())

    assert warnings_on(stack) == []


def test_the_table_of_accounts_is_no_users_concern() -> None:
    """A stack's template has nothing but resources, the table, and what the user asked for."""
    stack = new_stack(IRELAND)
    ShadowEndpoint(stack, "E", test=shadow_test())
    template: Json = template_of(stack)

    assert set(template) <= {"Resources", "Mappings"}
