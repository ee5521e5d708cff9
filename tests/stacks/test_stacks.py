"""The two stacks: one CloudFormation stack for a test, its promotion, the way back and the fold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from shadow_constructs import (
    InvalidValueError,
    Promotion,
    PromotionStack,
    Rollback,
    Serverless,
    ShadowTest,
    ShadowTestStack,
)
from shadow_constructs.testing import stable_template
from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.promotion import PromoteOn
from tests.constructs.rendering import IRELAND, Json, resources
from tests.stacks.rendering import (
    churn,
    everything,
    folded,
    options,
    promotion_template,
    shadow_template,
    uncaptured,
    unguarded,
)
from tests.values.samples import hardware, serving, variant

MODEL, ROLE = "AWS::SageMaker::Model", "AWS::IAM::Role"
CONFIG, ENDPOINT = "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint"


@pytest.fixture
def as_json(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """One JSON file per test, to be read when it changes."""
    return snapshot.use_extension(JSONSnapshotExtension)


def test_the_stack_of_a_shadow_test(as_json: SnapshotAssertion) -> None:
    """The whole template; whoever changes it reads the difference."""
    stack = ShadowTestStack(cdk.App(), "churn-shadow", test=churn(), **options())

    assert stable_template(stack) == as_json


def test_the_stack_of_a_promotion(as_json: SnapshotAssertion) -> None:
    """The whole template, beside the other one: what differs is what a promotion does."""
    stack = PromotionStack(cdk.App(), "churn-promotion", test=churn(), **options())

    assert stable_template(stack) == as_json


def test_the_stack_of_a_test_without_a_guard(as_json: SnapshotAssertion) -> None:
    """The whole template of one whose production scales, and which no function of ours stands beside."""
    stack = ShadowTestStack(cdk.App(), "churn-shadow", test=unguarded(), **options())

    assert stable_template(stack) == as_json


def test_the_promoted_model_is_the_tested_one() -> None:
    """The same logical id, the same properties: CloudFormation sees no change, so no second model is made."""
    before, after = shadow_template(churn()), promotion_template(churn())
    [promoted] = resources(after, MODEL)

    assert promoted in resources(before, MODEL)
    assert resources(after, MODEL)[promoted] == resources(before, MODEL)[promoted]
    [shadow] = _config(before)["ShadowProductionVariants"]
    [production] = _config(after)["ProductionVariants"]
    assert shadow["ModelName"] == production["ModelName"] == {"Fn::GetAtt": [promoted, "ModelName"]}


def test_the_promoted_models_role_does_not_change() -> None:
    """It neither gains nor loses a right in the promotion."""
    before, after = shadow_template(churn()), promotion_template(churn())
    roles = resources(after, ROLE)

    assert sorted(key[:15] for key in roles) == ["EndpointGuardRo", "EndpointModelv2"]
    assert all(resources(before, ROLE)[key] == role for key, role in roles.items())


def test_the_production_variant_keeps_its_name() -> None:
    """Guardrails, alarms and scaling hang on it, whatever it is called."""
    for name, expected in ((None, "production"), ("AllTraffic", "AllTraffic")):
        test = churn(production=variant("v1", name, hardware=hardware(count=2)))
        names = [
            _config(one)["ProductionVariants"][0]["VariantName"]
            for one in (shadow_template(test), promotion_template(test))
        ]
        assert names == [expected, expected]


def test_a_promotion_leaves_no_shadow() -> None:
    """One production variant, the candidate's model, and the old model gone from the template."""
    template = promotion_template(churn())

    assert "ShadowProductionVariants" not in _config(template)
    assert len(_config(template)["ProductionVariants"]) == 1
    assert [key for key in resources(template, MODEL) if "v1" in key] == []


def test_a_promotion_changes_what_it_says_and_nothing_else() -> None:
    """The config differs, the old version and the alarms about the shadow go; bucket and endpoint are the same."""
    before, after = shadow_template(churn())["Resources"], promotion_template(churn())["Resources"]

    assert set(after) < set(before)
    gone = set(before) - set(after)
    assert {key for key in gone if "AWS::CloudWatch" not in before[key]["Type"]} == {
        key for key in before if "Modelv1" in key
    }
    about = ("EndpointAlarmsShadow", "EndpointAlarmsRelative", "EndpointAlarmsNotFit")
    assert {key for key in gone if "AWS::CloudWatch" in before[key]["Type"]} == {
        key for key in before if key.startswith(about)
    }
    changed = {
        before[key]["Type"]: _changed_properties(before[key], after[key]) for key in after if before[key] != after[key]
    }
    assert changed == {
        CONFIG: {"ProductionVariants", "ShadowProductionVariants"},
        "AWS::CloudWatch::Alarm": {"AlarmDescription"},  # production's, whose words name the version
        "AWS::CloudWatch::Dashboard": {"DashboardBody"},
        "AWS::SSM::Parameter": {"Value"},
        "Custom::EndpointUpdateGuardAfter": {"ProductionVersion"},
        "Custom::EndpointUpdateGuardBefore": {"ProductionVersion", "ShadowVersion", "Promotion"},
    }


def test_a_promotion_leaves_the_alarms_that_take_it_back() -> None:
    """They watch the promoted fleet as they watched the tested one, with the same thresholds."""
    before, after = shadow_template(churn())["Resources"], promotion_template(churn())["Resources"]
    watching = [key for key in before if key.startswith("EndpointRollback")]

    assert len(watching) == 2
    assert [after[key] for key in watching] == [before[key] for key in watching]


@pytest.mark.parametrize("make", [churn, uncaptured, everything])
def test_folding_changes_nothing(make: Callable[[], ShadowTest]) -> None:
    """The template of the folded code is the promotion's, to the last output, but for one word to the guard."""
    test = make()
    promoted, fold = promotion_template(test), shadow_template(folded(test))

    assert (_before(promoted).pop("Promotion"), _before(fold).pop("Promotion")) == ("true", "false")
    assert fold == promoted


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, ("ml.m5.xlarge", 2)),
        ("production", ("ml.m5.xlarge", 2)),
        ("shadow", ("ml.c5.large", 3)),
        (Hardware("ml.m5.2xlarge", count=4), ("ml.m5.2xlarge", 4)),
    ],
    ids=["by default", "production's", "shadow's", "given"],
)
def test_the_promoted_hardware_is_chosen(choice: PromoteOn, expected: tuple[str, int]) -> None:
    """Production's by default, the shadow's, or another."""
    test = churn(shadow=variant("v2", hardware=hardware("ml.c5.large", count=3)), promote_on=choice)
    [production] = _config(promotion_template(test))["ProductionVariants"]

    assert (production["InstanceType"], production["InitialInstanceCount"]) == expected


def test_both_stacks_are_one_in_cloudformation() -> None:
    """Both take the endpoint's name, so that a promotion is an update in place."""
    app = cdk.App()
    test = ShadowTestStack(app, "churn-shadow", test=churn())
    promotion = PromotionStack(app, "churn-promotion", test=churn())

    assert test.stack_name == promotion.stack_name == "churn"
    assert test.artifact_id != promotion.artifact_id


def test_the_stack_name_can_be_given() -> None:
    """To adopt a stack that exists, for instance; both stacks take it."""
    app = cdk.App()

    assert ShadowTestStack(app, "a", test=churn(), stack_name="ml-churn").stack_name == "ml-churn"
    assert PromotionStack(app, "b", test=churn(), stack_name="ml-churn").stack_name == "ml-churn"


def test_the_stacks_do_not_depend_on_each_other() -> None:
    """Deploying one never deploys the other."""
    app = cdk.App()
    test = ShadowTestStack(app, "churn-shadow", test=churn())
    promotion = PromotionStack(app, "churn-promotion", test=churn())

    assert test.dependencies == promotion.dependencies == []


def test_a_roll_back_is_recorded_with_its_reason() -> None:
    """Why a promotion was taken back can be read in the stack's outputs."""
    template = shadow_template(churn(), intent=Rollback("p99 too high"))

    assert template["Outputs"]["RollbackReason"]["Value"] == "p99 too high"
    assert "RollbackReason" not in shadow_template(churn())["Outputs"]


def test_a_roll_back_is_the_test_again() -> None:
    """Apart from the reason it is the template that ran before the promotion."""
    back = shadow_template(churn(), intent=Rollback("p99 too high"))
    del back["Outputs"]["RollbackReason"]
    assert _before(back).pop("RollbackReason") == "p99 too high"

    assert back == shadow_template(churn())


def test_fails_to_promote_without_a_shadow() -> None:
    """There is no candidate."""
    with pytest.raises(InvalidValueError, match="'shadow' must be there to be promoted"):
        PromotionStack(cdk.App(), "churn-promotion", test=serving())


def test_fails_to_promote_what_would_change_nothing() -> None:
    """The model serves already, and the hardware that was tested is not what would be promoted."""
    with pytest.raises(InvalidValueError, match="say promote_on='shadow' or leave it out"):
        churn(shadow=variant("v1", hardware=hardware("ml.c5.large")), promote_on="production")


def test_a_test_of_hardware_alone_promotes_that_hardware_and_loses_no_instance() -> None:
    """Trying another instance type is one edit: its promotion needs no second one, and keeps production's count."""
    test = churn(shadow=variant("v1", hardware=hardware("ml.c5.large", count=1)))
    [production] = _config(promotion_template(test))["ProductionVariants"]

    assert (production["InstanceType"], production["InitialInstanceCount"]) == ("ml.c5.large", 2)


@pytest.mark.parametrize("choice", [None, "shadow"])
def test_a_test_of_fewer_instances_is_a_test_of_hardware_like_any_other(choice: PromoteOn) -> None:
    """The same model on fewer instances of the same type: both stacks are rendered, and their number is promoted."""
    production, shadow = variant("v1", hardware=hardware(count=4)), variant("v1", hardware=hardware(count=3))
    test = churn(production=production, shadow=shadow, promote_on=choice)
    [running] = _config(shadow_template(test))["ProductionVariants"]
    [promoted] = _config(promotion_template(test))["ProductionVariants"]

    assert (running["InitialInstanceCount"], promoted["InitialInstanceCount"]) == (4, 3)
    assert promoted["ModelName"] == running["ModelName"]


def test_fails_with_a_misspelt_argument() -> None:
    """Whatever a stack takes is passed on, and what it doesn't take is refused."""
    with pytest.raises(InvalidValueError, match="did you mean stack_name"):
        ShadowTestStack(cdk.App(), "churn-shadow", test=churn(), stackname="churn")


def test_the_promotion_stack_warns_of_untested_load() -> None:
    """Half of the requests on one instance shows that two carry all of them; a quarter doesn't."""
    shown = PromotionStack(cdk.App(), "shown", test=churn())
    unshown = PromotionStack(cdk.App(), "unshown", test=churn(sampling_percent=25))

    assert Annotations.from_stack(shown).find_warning("*", Match.any_value()) == []
    [warning] = Annotations.from_stack(unshown).find_warning("*", Match.any_value())
    assert "after promotion each will carry 50 % (all on 2)" in str(warning.entry.data)


def test_serverless_serves_without_a_shadow() -> None:
    """The stack of a test is also the stack of an endpoint that is not tested."""
    test = serving(
        production=variant(hardware=Serverless(memory_mb=2048, max_concurrency=5)), capture=uncaptured().capture
    )

    assert "ServerlessConfig" in _config(shadow_template(test))["ProductionVariants"][0]


def as_written(test: ShadowTest, env: cdk.Environment | None = IRELAND) -> str:
    """The template's text as it is uploaded: with the rule about bootstrapping, which the other tests leave out."""
    app = cdk.App()
    stack = ShadowTestStack(app, "churn-shadow", test=test, env=env)
    return Path(app.synth().get_stack_artifact(stack.artifact_id).template_full_path).read_text(encoding="utf-8")


def test_a_template_is_written_compact() -> None:
    """No byte of what CloudFormation takes is spent on indentation."""
    assert "\n" not in as_written(churn()).strip()


def test_a_promotion_says_so_and_takes_an_override() -> None:
    """The guard is told that it is one, and why the gate is overruled; an empty reason is refused."""
    app = cdk.App()
    PromotionStack(app, "plain", test=churn(), **options())
    PromotionStack(app, "overridden", test=churn(), intent=Promotion(override_gate="the demo is at five"), **options())
    plain, overridden = (
        _before(json.loads(Path(app.synth().get_stack_artifact(name).template_full_path).read_text()))
        for name in ("plain", "overridden")
    )

    assert plain["Promotion"] == overridden["Promotion"] == "true"
    assert "OverrideGate" not in plain
    assert overridden["OverrideGate"] == "the demo is at five"
    with pytest.raises(InvalidValueError, match="'override_gate' must be a sentence that says why"):
        Promotion(override_gate=" ")


def _changed_properties(before: Json, after: Json) -> set[str]:
    """Names of the properties of a resource that differ; nothing else of it may."""
    rest = [{name: value for name, value in one.items() if name != "Properties"} for one in (before, after)]
    assert rest[0] == rest[1]
    ours, theirs = before["Properties"], after["Properties"]
    return {name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)}


def _before(template: Json) -> Json:
    [resource] = resources(template, "Custom::EndpointUpdateGuardBefore").values()
    properties: Json = resource["Properties"]
    return properties


def _config(template: Json) -> Json:
    [config] = resources(template, CONFIG).values()
    properties: Json = config["Properties"]
    return properties


def test_fails_with_an_endpoint_name_that_cannot_name_a_stack() -> None:
    """SageMaker takes a name that begins with a digit, CloudFormation doesn't; a stack name of its own helps."""
    test = churn(endpoint_name="7-churn")

    with pytest.raises(InvalidValueError, match="'stack_name' must begin with a letter"):
        ShadowTestStack(cdk.App(), "churn-shadow", test=test)
    assert ShadowTestStack(cdk.App(), "churn-shadow", test=test, stack_name="churn-7").stack_name == "churn-7"
