"""What SageMaker refuses beyond its API model."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.errors import ServiceError
from local_aws.sagemaker import rules
from local_aws.sagemaker.records import Definition, Fleet, Variant
from local_aws.tests.support import blue_green, config, model, variant

MODELS = {
    "v1": Definition("v1", "arn:v1", model("v1")),
    "v2": Definition("v2", "arn:v2", model("v2")),
    "several": Definition("several", "arn", {"Containers": [{"Image": "a"}, {"Image": "b"}]}),
    "many": Definition("many", "arn", {"PrimaryContainer": {"Image": "a", "Mode": "MultiModel"}}),
    "one": Definition("one", "arn", {"Containers": [{"Image": "a"}]}),
}


def live(**types: str) -> Fleet:
    """A fleet that serves, with an instance type per variant."""
    variants = [Variant(name, "v1", kind, 1, 1.0, shadow=name == "shadow") for name, kind in types.items()]
    return Fleet("churn", "eu-west-1", "config-0", variants)


@pytest.mark.parametrize(
    "request_",
    [
        config(),
        config(shadow=False),
        config(shadow=False, ProductionVariants=[variant("a"), variant("b")]),
        config(production=variant(model="one")),
    ],
)
def test_right_variants_pass(request_: dict[str, Any]) -> None:
    """One production variant with one shadow, or production variants alone; a list of one container is no list."""
    rules.check_variants(request_, MODELS)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (config(ProductionVariants=[variant("a"), variant("b")]), "exactly one production variant.*got 2 and 1"),
        (config(ShadowProductionVariants=[variant("s"), variant("t")]), "got 1 and 2"),
        (config(ShadowProductionVariants=[variant("production")]), "names must be distinct"),
        (config(production=variant(model="several")), "multi-container"),
        (config(production=variant(model="many")), "multi-model"),
        (config(production=variant(InstanceType="ml.inf1.xlarge")), "Inf1"),
        (config(production=variant(ServerlessConfig={"MemorySizeInMB": 1024})), "serverless"),
        (config(AsyncInferenceConfig={}), "asynchronous"),
        (config(shadow=False, AsyncInferenceConfig={}), "not modelled here"),
        (config(shadow=False, production={"VariantName": "p"}), "inference components"),
        (config(shadow=False, production={"VariantName": "p", "ModelName": "v1"}), "needs InstanceType"),
    ],
)
def test_fails_wrong_variants(request_: dict[str, Any], said: str) -> None:
    """Counts, names and the features that exclude a shadow are refused."""
    with pytest.raises(ServiceError, match=said):
        rules.check_variants(request_, MODELS)


@pytest.mark.parametrize("scaled", [(), ("shadow",), ("elsewhere",)])
def test_an_update_may_change_what_is_not_scaled(scaled: tuple[str, ...]) -> None:
    """Only the instance type of a scaled variant is held."""
    new = config(production=variant(InstanceType="ml.m5.2xlarge"))

    rules.check_scaled(new, live(production="ml.m5.xlarge", shadow="ml.m5.xlarge"), scaled)


def test_an_update_may_change_the_model_of_a_scaled_variant() -> None:
    """A promotion on the same instance type leaves scaling alone."""
    new = config(shadow=False, production=variant(model="v2"))

    rules.check_scaled(new, live(production="ml.m5.xlarge"), ["production"])


@pytest.mark.parametrize(
    ("new", "scaled"),
    [
        (config(shadow=False, production=variant(InstanceType="ml.m5.2xlarge")), "production"),
        (config(shadow=False), "shadow"),
        (config(shadow=False, production=variant("shadow", "v2")), "production"),
    ],
)
def test_fails_to_remove_or_retype_a_scaled_variant(new: dict[str, Any], scaled: str) -> None:
    """A scaled variant must be deregistered before it goes or changes its instance type."""
    with pytest.raises(ServiceError, match=rf'"{scaled}".*must be deregistered'):
        rules.check_scaled(new, live(production="ml.m5.xlarge", shadow="ml.m5.xlarge"), [scaled])


@pytest.mark.parametrize(
    "deployment",
    [
        None,
        blue_green(bake=300),
        blue_green("CANARY", CanarySize={"Type": "CAPACITY_PERCENT", "Value": 50}),
        blue_green("LINEAR", LinearStepSize={"Type": "INSTANCE_COUNT", "Value": 1}),
    ],
)
def test_right_deployments_pass(deployment: dict[str, Any] | None) -> None:
    """The blue/green kinds are taken for the same variant name."""
    rules.check_deployment(deployment, config(shadow=False), live(production="ml.m5.xlarge", shadow="ml.m5.xlarge"))


SIZE = {"Type": "CAPACITY_PERCENT", "Value": 20}
ROLLING = {"MaximumBatchSize": SIZE, "WaitIntervalInSeconds": 0}


@pytest.mark.parametrize(
    ("deployment", "said"),
    [
        (blue_green("CANARY"), "needs CanarySize"),
        (blue_green("LINEAR"), "needs LinearStepSize"),
        (blue_green(CanarySize=SIZE), "only for TrafficRoutingConfiguration of type CANARY"),
        (blue_green("CANARY", CanarySize={**SIZE, "Value": 51}), "1 to 50 percent, got 51"),
        (blue_green("LINEAR", LinearStepSize={**SIZE, "Value": 9}), "10 to 50 percent, got 9"),
        ({**blue_green(), "RollingUpdatePolicy": ROLLING}, "Only one of"),
        ({"RollingUpdatePolicy": {**ROLLING, "MaximumBatchSize": {**SIZE, "Value": 4}}}, "5 to 50 percent"),
        ({"RollingUpdatePolicy": ROLLING}, "several variants"),
    ],
)
def test_fails_wrong_deployments(deployment: dict[str, Any], said: str) -> None:
    """A deployment that contradicts itself or the endpoint is refused."""
    with pytest.raises(ServiceError, match=said):
        rules.check_deployment(deployment, config(), live(production="ml.m5.xlarge", shadow="ml.m5.xlarge"))


def test_fails_waits_beyond_the_execution_timeout() -> None:
    """MaximumExecutionTimeoutInSeconds must exceed the sum of the waits."""
    deployment = blue_green(bake=600)
    deployment["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 600

    with pytest.raises(ServiceError, match=r"must exceed the waits \(600\)"):
        rules.check_deployment(deployment, config(), None)


def test_fails_guardrails_under_another_variant_name() -> None:
    """Guardrails need the variant name of before; a plain update does not."""
    new = config(shadow=False, production=variant("shadow", "v2"))
    rules.check_deployment(None, new, live(production="ml.m5.xlarge"))

    with pytest.raises(ServiceError, match=r"same variant name.*got shadow instead of production"):
        rules.check_deployment(blue_green(), new, live(production="ml.m5.xlarge"))


def test_fails_rollback_alarms_that_do_not_exist() -> None:
    """A rollback alarm that is not there would never roll back."""
    with pytest.raises(ServiceError, match=r"alarm.*gone"):
        rules.check_alarms(blue_green(alarms=("errors", "gone")), ["errors"])
