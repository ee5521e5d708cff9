"""From a shadow test to a promotion, to the fold, and back."""

from __future__ import annotations

from dataclasses import replace

from shadow_constructs import Hardware, ShadowTest, Variant
from tests.deploy.support import REASON, Case, CaseMaker, which_model


def test_no_request_fails_through_a_promotion_and_the_way_back(case: Case) -> None:
    """Requests flow through the whole promotion and the whole way back without one failing."""
    case.cdk.deploy("shadow").check()
    for stack, before, after in (("promotion", "v1", "v2"), ("back", "v2", "v1")):
        with case.traffic(stack) as traffic:
            assert traffic.wait_for(20)
            case.cdk.deploy(stack).check()
            changed = len(traffic.tally.answers)
            assert traffic.wait_for(20)
        assert traffic.tally.failures == []
        assert which_model(traffic.tally.answers[0]) == before
        # A request that was under way when the command ended may still be an earlier one.
        assert {which_model(answer) for answer in traffic.tally.answers[changed + 5 :]} == {after}
    assert set(case.serving().models) == {"production", "shadow"}
    assert case.outputs()["ShadowModel"] == "v2"
    assert case.outputs()["RollbackReason"] == REASON


def test_the_model_promoted_is_the_one_tested_and_the_fold_changes_nothing(case: Case) -> None:
    """The shadow's model serves as it is, what it replaced is cleaned up, and folding it into the code does nothing."""
    case.deploy("shadow").check()
    tested = case.serving()
    case.deploy("promotion").check()
    promoted = case.serving()
    assert promoted.models == {"production": tested.models["shadow"]}
    assert promoted.config_name != tested.config_name
    assert promoted.modified > tested.modified
    assert _definitions(case).isdisjoint({tested.config_name, _name(tested.models["production"])})

    case.deploy("folded").check()
    assert case.serving() == promoted


def test_the_sampling_share_can_be_changed(case: Case, make_case: CaseMaker) -> None:
    """Another sampling percentage reaches the endpoint as the shadow's weight, in place."""
    case.deploy("shadow").check()
    before = case.serving()
    assert before.weights == {"production": 1.0, "shadow": 0.5}

    def more(test: ShadowTest) -> ShadowTest:
        return replace(test, endpoint_name=case.name, sampling_percent=100)

    make_case(more).deploy("shadow").check()
    after = case.serving()
    assert after.weights == {"production": 1.0, "shadow": 1.0}
    assert after.models == before.models


def test_other_hardware_alone_can_be_tested(make_case: CaseMaker) -> None:
    """The same model on another instance type runs as a shadow beside itself: one model, two variants."""

    def hardware_only(test: ShadowTest) -> ShadowTest:
        shadow = Variant(model=test.production.model, hardware=Hardware("ml.c5.xlarge"))
        return replace(test, shadow=shadow)

    case = make_case(hardware_only)
    case.deploy("shadow").check()
    assert len(set(case.serving().models.values())) == 1
    case.deploy("promotion").check()
    endpoint = case.local.client("sagemaker").describe_endpoint_config(EndpointConfigName=case.serving().config_name)
    assert endpoint["ProductionVariants"][0]["InstanceType"] == "ml.c5.xlarge"


def _definitions(case: Case) -> set[str]:
    sagemaker = case.local.client("sagemaker")
    configs = {one["EndpointConfigName"] for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]}
    return configs | {one["ModelName"].lower() for one in sagemaker.list_models()["Models"]}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
