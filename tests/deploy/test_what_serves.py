"""What a deployment is, on AWS's own names: none of them tells the guard what serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rehearsal import seen
from shadow_constructs import GatePolicy, Hardware, Model, Network, ShadowTest, Variant
from tests.deploy.support import REASON, Case, CaseMaker, folded

_PATIENCE_SECONDS = 60
_OLDER, _NEWER = "al2-ami-sagemaker-inference-gpu-2", "al2-ami-sagemaker-inference-gpu-3-1"


def isolated(model: Model) -> Model:
    """The same for users, which CloudFormation makes anew."""
    return replace(model, network=Network(isolated=True))


def update_by_hand(case: Case) -> None:
    """Somebody has the endpoint serve the same from a config of his own."""
    sagemaker, name = case.local.client("sagemaker"), f"by-hand-{case.name}"
    config = sagemaker.describe_endpoint_config(EndpointConfigName=case.serving().config_name)
    theirs = {"EndpointConfigName", "EndpointConfigArn", "CreationTime", "ResponseMetadata"}
    copied = {key: value for key, value in config.items() if key not in theirs}
    sagemaker.create_endpoint_config(EndpointConfigName=name, **copied)
    sagemaker.update_endpoint(EndpointName=case.name, EndpointConfigName=name)
    seen.until("InService", _PATIENCE_SECONDS, lambda: case.serving().config_name == name)


def as_another(case: Case, make_case: CaseMaker, change: Callable[[ShadowTest], ShadowTest]) -> Case:
    """Other code for the same stack."""
    other = make_case(lambda _: change(case.stages.test))
    return Case(case.local, case.command_line, other.stages, case.name)


def test_yesterdays_pipeline_takes_nothing_back_without_a_reason(make_case: CaseMaker) -> None:
    """The config before the promotion was somebody's own, and v1's model comes back under another name."""
    case = make_case()
    case.deploy("shadow").check()
    update_by_hand(case)
    case.deploy("promotion").check()

    run = case.deploy("shadow")
    assert run.exit_code != 0
    assert "replaced v1 with v2, and this deployment would bring v1 back" in " ".join(run.output.split())
    case.deploy("back").check()
    assert [(one.kind, one.from_version, one.to_version, one.reason) for one in case.history()] == [
        ("promotion", "v1", "v2", None),
        ("rollback", "v2", "v1", REASON),
    ]


def test_an_endpoint_made_again_under_its_name_has_nothing_to_take_back(make_case: CaseMaker) -> None:
    """Its stack was destroyed after a promotion: another network for v1 is a change as any other."""
    case = make_case()
    case.deploy("shadow").check()
    case.deploy("promotion").check()
    case.destroy("promotion").check()
    case.deploy("shadow").check()

    def change(test: ShadowTest) -> ShadowTest:
        return replace(test, production=replace(test.production, model=isolated(test.production.model)))

    as_another(case, make_case, change).deploy("shadow").check()
    assert [one.to_version for one in case.history()] == ["v2"]


def test_instances_that_differ_in_their_image_alone_are_gated_and_told(make_case: CaseMaker) -> None:
    """Whether the promotion asks for them or the code has them at once; the history says what they had."""

    def other_image(test: ShadowTest) -> ShadowTest:
        model = test.production.model
        kinds = [Hardware("ml.g5.xlarge", inference_ami_version=image) for image in (_OLDER, _NEWER)]
        production, shadow = (Variant(model=model, hardware=hardware) for hardware in kinds)
        return replace(test, gate=GatePolicy(), production=production, shadow=shadow)

    case = make_case(other_image)
    case.deploy("shadow").check()

    def fold(test: ShadowTest) -> ShadowTest:
        assert test.shadow is not None
        model = isolated(test.production.model)
        return replace(folded(test), production=Variant(model=model, hardware=test.shadow.hardware))

    for run in (case.deploy("promotion"), as_another(case, make_case, fold).deploy("shadow")):
        assert run.exit_code != 0
        assert "the gate says INCONCLUSIVE" in " ".join(run.output.split())
    case.deploy("overridden").check()
    run = case.deploy("shadow")
    assert f"v1 on InferenceAmiVersion {_OLDER} with v1 on InferenceAmiVersion {_NEWER}" in " ".join(run.output.split())
