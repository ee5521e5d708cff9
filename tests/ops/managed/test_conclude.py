"""Concluding a managed test: what serves afterwards, whoever is stopped in between and whatever fails."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest
from botocore.exceptions import ClientError

from shadow_constructs import Capture, Hardware
from shadow_constructs.values.declared import declared
from shadow_ops.aws.history import Entry
from shadow_ops.aws.parameters import unpack
from shadow_ops.aws.reasons import on_record, use
from shadow_ops.contract.declared import settings_name
from shadow_ops.contract.declaring import to_parameters, to_text
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.contract.reasons import Reason
from shadow_ops.managed.conclude import Helm, conclude
from shadow_ops.managed.named import named
from shadow_ops.managed.promote import FURTHER
from shadow_ops.managed.steps import ACTIONS, Action, Done, Seen, Wanted
from shadow_ops.managed.stopping import promoted_prefix
from tests.ops.managed.world import CALLER, ENDPOINT, START, TEST, KilledError, World
from tests.values.samples import shadow_test

PASS = "the gate says PASS"
PROMOTE = Wanted("promote")
Chosen = Literal["production", "shadow"] | Instances
V1 = ("v1", "ml.m5.xlarge", 3)
SCALING = ({"MinCapacity": 2, "MaxCapacity": 8}, "by-requests")


def run(world: World, wanted: Wanted, consent: Callable[[Seen, Instances], str] | None = None) -> Done:
    """Conclude the world's test."""

    def sleep(seconds: float) -> None:
        world.now += datetime.timedelta(seconds=seconds)

    helm = Helm(
        consent=consent or (lambda _seen, _on: PASS),
        tell=lambda _said: None,
        now=lambda: world.now,
        sleep=sleep,
        by=lambda: CALLER,
        further=FURTHER,
    )
    return conclude(world, named(world.sagemaker, ENDPOINT, None), wanted, helm)


def scaling(world: World, variant: str) -> tuple[Any, Any]:
    """Bounds and policy of a variant."""
    return world.targets.get(variant), world.policies.get(variant, {}).get("PolicyName")


def test_a_promotion_replaces_production_by_the_shadow_on_as_many_instances_as_serve_now() -> None:
    """SageMaker's own promotion: the shadow's variant name stays, and no capacity is lost."""
    world = World()
    done = run(world, PROMOTE)
    assert world.serving() == {"shadow": ("v2", "ml.m5.xlarge", 3), "shadow of": []}
    assert "its variant is named shadow now" in " ".join(done.said)
    assert "put v2 into its code" in " ".join(done.said)
    assert list(world.parameters) == ["/shadow-test/churn/history/managed-churn-trial"]


@pytest.mark.parametrize(
    ("hardware", "serves"),
    [
        ("production", ("ml.m5.xlarge", 3)),
        ("shadow", ("ml.c7i.xlarge", 1)),
        (Instances("ml.c7i.2xlarge", 5), ("ml.c7i.2xlarge", 5)),
    ],
)
def test_a_promotion_serves_on_the_hardware_that_was_chosen(hardware: Chosen, serves: tuple[str, int]) -> None:
    """Production's with its live count, the shadow's, or another."""
    world = World(shadow_type="ml.c7i.xlarge")
    run(world, Wanted("promote", hardware))
    assert world.serving()["shadow"] == ("v2", *serves)


def test_the_shadows_settings_on_the_same_type_never_lose_instances() -> None:
    """One shadow instance becomes as many as production has."""
    world = World()
    run(world, Wanted("promote", "shadow"))
    assert world.serving()["shadow"] == ("v2", "ml.m5.xlarge", 3)


def test_scaling_goes_over_to_the_promoted_variant() -> None:
    """It is taken out of SageMaker's way, and put back on the new name."""
    world = World(scaled=True)
    run(world, PROMOTE)
    assert scaling(world, "shadow") == SCALING
    assert scaling(world, "production") == (None, None)


@pytest.mark.parametrize("right", ["register_scalable_target", "put_scaling_policy"])
def test_who_may_not_put_scaling_takes_none_away(right: str) -> None:
    """The test runs on, and production scales as it did."""
    world = World(scaled=True, refuses=right)
    with pytest.raises(ClientError, match="no quota"):
        run(world, PROMOTE)
    assert scaling(world, "production") == SCALING
    assert world.test is not None
    assert world.test["Status"] == "Running"


@pytest.mark.parametrize(
    ("action", "serving", "state"),
    [
        ("remove", {"production": V1, "shadow of": []}, "Completed"),
        ("retain", {"production": V1, "shadow of": ["shadow"]}, "Completed"),
        ("cancel", {"production": V1, "shadow of": []}, "Cancelled"),
    ],
)
@pytest.mark.parametrize("scaled", [False, True])
def test_whatever_is_no_promotion_keeps_production(
    action: Action, serving: dict[str, Any], state: str, scaled: bool
) -> None:
    """Its model, its live count and its scaling; the gate isn't asked."""
    world = World(scaled=scaled)
    run(world, Wanted(action, reason="seen enough"), _never)
    assert world.serving() == serving
    assert world.test is not None
    assert (world.test["Status"], world.test["StatusReason"]) == (state, "seen enough")
    assert scaling(world, "production") == (SCALING if scaled else (None, None))


def _never(_seen: Seen, _on: Instances) -> str:
    raise AssertionError("nobody was to be asked")


def test_a_scaled_shadow_is_removed() -> None:
    """SageMaker refuses to remove a variant that scales, so it stops scaling first."""
    world = World()
    world.targets["shadow"] = {"MinCapacity": 1, "MaxCapacity": 2}
    run(world, Wanted("remove"))
    assert world.serving() == {"production": V1, "shadow of": []}


def test_a_scaled_shadow_is_promoted_on_other_hardware_too() -> None:
    """SageMaker refuses to change the type of a variant that scales; production's scaling takes the place of that."""
    world = World(scaled=True)
    world.targets["shadow"] = {"MinCapacity": 1, "MaxCapacity": 2}
    run(world, Wanted("promote", Instances("ml.c7i.xlarge", 4)))
    assert world.serving()["shadow"] == ("v2", "ml.c7i.xlarge", 4)
    assert scaling(world, "shadow") == SCALING


def test_a_test_that_has_not_begun_is_deleted_by_cancel_and_refuses_the_rest() -> None:
    """Nothing was measured, and nothing of the endpoint has changed."""
    actions: tuple[Action, ...] = ("promote", "remove", "retain")
    for action in actions:
        with pytest.raises(CannotTellError, match="begins at"):
            run(World("Created"), Wanted(action), _never)
    world = World("Created")
    assert "before it began" in run(world, Wanted("cancel")).said[0]
    assert world.test is None
    assert world.serving() == {"production": V1, "shadow of": []}


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("hardware", ["production", "shadow"])
def test_after_the_scheduled_end_an_update_promotes_and_the_name_stays(scaled: bool, hardware: Chosen) -> None:
    """Nothing was promoted by itself; the config that serves, with the other model, under production's name."""
    world = World("Completed", scaled=scaled, shadow_type="ml.c7i.xlarge")
    done = run(world, Wanted("promote", hardware))
    on = ("ml.m5.xlarge", 3) if hardware == "production" else ("ml.c7i.xlarge", 1)
    assert world.serving() == {"production": ("v2", *on), "shadow of": []}
    assert scaling(world, "production") == (SCALING if scaled else (None, None))
    assert "is named" not in " ".join(done.said)


def test_the_gates_no_changes_nothing() -> None:
    """Neither scaling nor test nor record."""
    world = World(scaled=True)
    with pytest.raises(CannotTellError, match="not promoted"):
        run(world, PROMOTE, _no)
    assert world.serving() == {"production": V1, "shadow of": ["shadow"]}
    assert scaling(world, "production") == SCALING
    assert world.parameters == {}


def _no(_seen: Seen, _on: Instances) -> str:
    raise CannotTellError("not promoted")


@pytest.mark.parametrize("action", ["promote", "remove", "retain", "cancel"])
def test_twice_is_once(action: Action) -> None:
    """The second call changes nothing and says what stands."""
    world = World(scaled=True)
    run(world, Wanted(action))
    before = (world.serving(), dict(world.targets), len(world.configs))
    run(world, Wanted(action), _never)
    assert (world.serving(), dict(world.targets), len(world.configs)) == before


def ours(status: str = "Running", **more: Any) -> World:  # noqa: ANN401 - whatever World takes
    """An endpoint that a stack of this library owns, with the managed test of another one."""
    world = World(status, **more)
    test = shadow_test(promote_on=Hardware("ml.c7i.xlarge", count=4), capture=Capture.off())
    said = declared(test, "run", experiment=TEST)
    world.parameters.update(to_parameters(said, ENDPOINT))
    world.parameters[settings_name(ENDPOINT)] = to_text(declared(replace(test, shadow=None, promote_on=None), "before"))
    return world


@pytest.mark.parametrize("status", ["Running", "Completed"])
def test_an_endpoint_of_ours_is_handed_to_its_stack_with_the_verdict(status: str) -> None:
    """The test ends, production stays, and what the gate said is on record for that model beside what serves."""
    world, asked = ours(status, scaled=True), []

    done = run(world, PROMOTE, lambda _seen, on: asked.append(on) or PASS)  # type: ignore[func-returns-value] # None

    assert asked == [Instances("ml.c7i.xlarge", 4)]
    assert world.serving() == {"production": V1, "shadow of": []}
    assert scaling(world, "production") == SCALING
    [reason] = on_record(world.ssm, ENDPOINT)
    assert (reason.text, reason.by, reason.version) == (f"managed test churn-trial: {PASS}", CALLER, "v2")
    live = world.endpoint["config"]
    assert reason.void_because(purpose="promotion", config=live, subject="v2", now=world.now) is None
    assert reason.void_because(purpose="promotion", config=live, subject="v3", now=world.now) is not None
    assert "cdk deploy churn-promotion" in done.said[-1]


def test_a_verdict_that_lasts_is_not_asked_for_again() -> None:
    """Whoever says promote once more reads what is on record, and until when; a day later the gate is asked anew."""
    world = ours()
    first = run(world, PROMOTE)
    before, until = dict(world.parameters), first.said[0].rpartition("until ")[2]
    again = run(world, Wanted("promote", reason="now"), _never)
    assert f"{until}, as is on record already: managed test churn-trial: {PASS}" in again.said[0]
    assert (world.parameters, again.said[1]) == (before, first.said[1])
    world.now += datetime.timedelta(days=1)
    with pytest.raises(CannotTellError, match="not promoted"):
        run(world, PROMOTE, _no)


@pytest.mark.parametrize("make", [ours, lambda: retained(ours)])
@pytest.mark.parametrize("action", ["remove", "cancel"])
def test_whoever_removes_after_a_promotion_takes_the_right_to_it_off_the_record(
    make: Callable[[], World], action: Action
) -> None:
    """Said once, with what becomes of the reason; what is on record for something else stays, and so does production.

    Killed before or after each call, or throttled, the same command goes on.
    """
    world = make()
    run(world, PROMOTE)
    [right] = on_record(world.ssm, ENDPOINT)
    other = replace(right, id="rollback-1", purpose="rollback")
    world.parameters[f"/shadow-test/churn/reasons/{other.id}"] = json.dumps(other.to_json())
    kept = dict(world.parameters)
    world.calls.clear()
    done = run(world, Wanted(action, reason="harms customers"), _never)
    assert "what let its stack promote v2 is off the record: it can't any more" in done.said
    assert "the reason is on no record: SageMaker takes none for a test that is over" in done.said
    assert on_record(world.ssm, ENDPOINT) == (other,)
    assert world.serving() == {"production": V1, "shadow of": []}
    assert "off the record" not in " ".join(run(world, Wanted(action), _never).said)
    for number in range(1, len(world.calls) + 1):
        for how in ("unheard", "heard", "throttled"):
            world.parameters = dict(kept)
            world.calls.clear()
            world.kill_at, world.throttled = (number, how == "heard"), how == "throttled"
            for _ in range(2):
                try:
                    run(world, Wanted(action), _never)
                except (KilledError, ClientError):
                    world.kill_at = None
            world.kill_at = None
            assert on_record(world.ssm, ENDPOINT) == (other,), (number, how)


def test_a_right_that_a_deployment_takes_is_not_said_to_be_withdrawn() -> None:
    """At the very moment: whoever removes is told that it promotes. Used before, it is none any more."""
    for moment in ("before", "meanwhile"):
        world = ours()
        run(world, PROMOTE)
        [right] = on_record(world.ssm, ENDPOINT)
        world.calls.clear()

        def deploys(world: World = world, right: Reason = right) -> None:
            use(world.ssm, ENDPOINT, right.id, "a request")

        if moment == "before":
            deploys()
            assert "off the record" not in " ".join(run(world, Wanted("remove"), _never).said)
        else:
            trial = dict(world.parameters)
            run(world, Wanted("remove"), _never)
            number = world.calls.index("delete_parameters") + 1
            world.parameters, world.meanwhile = trial, {number: deploys}
            world.calls.clear()
            with pytest.raises(CannotTellError, match="a deployment promotes v2 at this very moment"):
                run(world, Wanted("remove"), _never)


def test_what_a_later_test_has_promoted_is_not_put_into_the_history_of_an_older_one() -> None:
    """Same models, same names: the older one was removed, and its promotion would be a false entry."""
    for asked in ("promote", "remove"):
        world = World()
        run(world, Wanted("remove", reason="too slow"))
        assert world.test is not None
        older = dict(world.test)
        world.now += datetime.timedelta(hours=1)
        later = World()
        assert later.test is not None
        world.test = {**later.test, "Name": "churn-later", "CreationTime": world.now}
        world._serve("run")
        world.now += datetime.timedelta(hours=1)
        run(world, PROMOTE)
        before, world.test = dict(world.parameters), older
        assert any(name.endswith("/history/managed-churn-later") for name in before)
        if asked == "promote":
            assert "by somebody's deployment or another test" in run(world, PROMOTE, _never).said[0]
        else:
            with pytest.raises(CannotTellError, match="nothing left to remove"):
                run(world, Wanted("remove"), _never)
        assert world.parameters == before


@pytest.mark.parametrize(
    ("wanted", "words"),
    [(Wanted("promote", "shadow"), "promote_on"), (PROMOTE, "not promoted")],
    ids=["hardware", "no"],
)
def test_an_endpoint_of_ours_is_left_alone_where_it_may_not_be_promoted(wanted: Wanted, words: str) -> None:
    """The hardware is the code's, and the gate's no changes nothing."""
    world = ours()
    before = dict(world.parameters)
    with pytest.raises(CannotTellError, match=words):
        run(world, wanted, _no)
    assert world.serving() == {"production": V1, "shadow of": ["shadow"]}
    assert world.parameters == before


def test_whoever_is_stopped_while_it_is_handed_over_is_followed() -> None:
    """Killed before or after each call, throttled, or ended by the schedule: then one reason is on record, no two."""
    world = ours(scaled=True)
    run(world, PROMOTE)
    for number in range(1, len(world.calls) + 1):
        for how in ("unheard", "heard", "throttled", "ended"):
            world = ours(scaled=True)
            if how == "ended":
                world.ends = number
            else:
                world.kill_at, world.throttled = (number, how == "heard"), how == "throttled"
            for _ in range(2):
                world.now += datetime.timedelta(seconds=1)
                try:
                    run(world, PROMOTE)
                except (KilledError, ClientError):
                    world.kill_at = None
            case = f"call {number} {how}"
            assert (world.serving()["production"][0], world.serving()["shadow of"]) == ("v1", []), case
            assert scaling(world, "production") == SCALING, case
            [reason] = on_record(world.ssm, ENDPOINT)
            assert reason.config == world.endpoint["config"], case


@pytest.mark.parametrize("status", ["Running", "Completed"])
def test_a_promotion_is_in_the_history_with_what_the_gate_said(status: str) -> None:
    """Also one after the end of the test, which SageMaker has no record of."""
    world = World(status)
    run(world, PROMOTE)
    run(world, PROMOTE, _never)
    found = [unpack(text) for name, text in world.parameters.items() if "/history/" in name]
    [entry] = [Entry.from_json(one) for one in found]
    renamed = "shadow" if status == "Running" else "production"
    assert (entry.from_variant, entry.to_variant) == ("production", renamed)
    assert (entry.from_version, entry.to_version) == ("v1", "v2")
    assert entry.from_config == ("run" if status == "Running" else "before")
    assert entry.to_config == world.endpoint["config"]
    assert (entry.kind, entry.from_model, entry.to_model, entry.gate, entry.by) == (
        "promotion",
        "v1",
        "v2",
        PASS,
        CALLER,
    )
    assert entry.at >= START


def test_a_promotion_that_sagemaker_fails_gives_scaling_back_and_says_why() -> None:
    """The endpoint serves as before."""
    world = World(scaled=True, breaks=True)
    with pytest.raises(CannotTellError, match="didn't promote v2, v1 serves churn: no capacity"):
        run(world, PROMOTE)
    assert scaling(world, "production") == SCALING
    assert world.parameters == {}


def test_an_update_that_sagemaker_rolls_back_is_said() -> None:
    """After the end, by an update: the old config serves, and scales as before."""
    world = World("Completed", scaled=True, shadow_type="ml.c7i.xlarge", breaks=True)
    with pytest.raises(CannotTellError, match="didn't promote v2, v1 serves churn: no capacity"):
        run(world, Wanted("promote", "shadow"))
    assert scaling(world, "production") == SCALING
    assert world.parameters == {}
    assert world.serving() == {"production": V1, "shadow of": []}


@pytest.mark.parametrize("action", ["remove", "retain", "cancel"])
def test_a_promotion_that_was_broken_off_may_end_otherwise(action: Action) -> None:
    """What it took away is put back before anything else."""
    world = World(scaled=True, kill_at=(_number_of("stop_inference_experiment"), False))
    with pytest.raises(KilledError):
        run(world, PROMOTE)
    world.kill_at = None
    run(world, Wanted(action), _never)
    assert scaling(world, "production") == SCALING
    assert world.serving()["production"] == V1
    assert world.parameters == {}


def test_a_promotion_that_was_broken_off_is_decided_anew() -> None:
    """By the gate, and on as many instances as serve by then."""
    world = World(scaled=True, kill_at=(_number_of("stop_inference_experiment"), False))
    with pytest.raises(KilledError):
        run(world, PROMOTE)
    world.kill_at = None
    world.counts["production"] = 8
    with pytest.raises(CannotTellError, match="not promoted"):
        run(world, PROMOTE, _no)
    run(world, PROMOTE)
    assert world.serving()["shadow"] == ("v2", "ml.m5.xlarge", 8)
    assert scaling(world, "shadow") == SCALING


def broken_off(make: Callable[..., World]) -> World:
    """A promotion that somebody has stopped right before SageMaker was asked for it."""
    trial = make(scaled=True)
    run(trial, PROMOTE)
    world = make(scaled=True, kill_at=(trial.calls.index("stop_inference_experiment") + 1, False))
    with pytest.raises(KilledError):
        run(world, PROMOTE)
    world.kill_at = None
    return world


def _number_of(operation: str) -> int:
    world = World(scaled=True)
    run(world, PROMOTE)
    return world.calls.index(operation) + 1


@pytest.mark.parametrize("status", ["Running", "Completed"])
def test_what_sagemaker_refuses_gives_scaling_back(status: str) -> None:
    """A quota, a right, a type that doesn't exist: its sentence is told, and production scales as before."""
    operation = "stop_inference_experiment" if status == "Running" else "update_endpoint"
    world = World(status, scaled=True, shadow_type="ml.c7i.xlarge", refuses=operation)
    with pytest.raises(ClientError, match="no quota"):
        run(world, Wanted("promote", "shadow"))
    assert scaling(world, "production") == SCALING
    assert world.parameters == {}


def test_what_serves_is_what_was_compared() -> None:
    """Somebody has put another model into production meanwhile: nothing was measured beside that one."""
    for status in ("Running", "Completed"):
        world = World(status)
        served = world.configs[world.endpoint["config"]]
        served["ProductionVariants"] = [{**served["ProductionVariants"][0], "ModelName": "v9"}]
        with pytest.raises(CannotTellError, match="v9 as production now, and churn-trial has compared v2 with v1"):
            run(world, Wanted("promote", reason="now"))
        assert world.serving()["production"][0] == "v9"


def test_a_test_that_is_over_does_not_end_another_one() -> None:
    """The endpoint has a shadow again, or had one before, though of the same name and model: it isn't taken out."""
    for days in (-1, 1):
        for world in (World("Completed"), ours("Completed")):
            world.endpoint["config"] = "run"
            world.configs["run"]["CreationTime"] += datetime.timedelta(days=days)
            for action in ("promote", "remove", "cancel"):
                with pytest.raises(CannotTellError, match="the shadow shadow, which isn't that of"):
                    run(world, Wanted(action))
            assert world.serving()["shadow of"] == ["shadow"]


def retained(make: Callable[..., World] = World, **more: Any) -> World:  # noqa: ANN401 - whatever World takes
    """A shadow that the API or the console has retained at the end of its test."""
    world = make(**more)
    world.stop_inference_experiment(
        Name=TEST,
        ModelVariantActions={"production": "Retain", "shadow": "Retain"},
        DesiredModelVariants=list(world.test["ModelVariants"] if world.test else ()),
        DesiredState="Completed",
    )
    world._settle()
    world.counts["production"] = 3
    assert world.serving() == {"production": V1, "shadow of": ["shadow"]}
    return world


@pytest.mark.parametrize("make", [World, ours])
@pytest.mark.parametrize("scaled", [False, True])
def test_a_retained_shadow_is_taken_out(make: Callable[..., World], scaled: bool) -> None:
    """Whoever has retained it, and wherever: production stays on as many instances, and scales as before."""
    world = retained(make, scaled=scaled)
    world.targets["shadow"] = {"MinCapacity": 1, "MaxCapacity": 2}
    run(world, Wanted("remove"), _never)
    assert world.serving() == {"production": V1, "shadow of": []}
    assert scaling(world, "production") == (SCALING if scaled else (None, None))
    before = len(world.configs)
    run(world, Wanted("remove"), _never)
    assert len(world.configs) == before


@pytest.mark.parametrize("hardware", ["production", "shadow"])
def test_a_retained_shadow_is_promoted_by_an_update_that_keeps_the_name(hardware: Chosen) -> None:
    """By the gate, in one step, with its scaling."""
    world = retained(scaled=True, shadow_type="ml.c7i.xlarge")
    world.targets["shadow"] = {"MinCapacity": 1, "MaxCapacity": 2}
    with pytest.raises(CannotTellError, match="not promoted"):
        run(world, Wanted("promote", hardware), _no)
    assert world.serving() == {"production": V1, "shadow of": ["shadow"]}
    run(world, Wanted("promote", hardware))
    on = ("ml.m5.xlarge", 3) if hardware == "production" else ("ml.c7i.xlarge", 1)
    assert world.serving() == {"production": ("v2", *on), "shadow of": []}
    assert scaling(world, "production") == SCALING


def test_a_retained_shadow_on_an_endpoint_of_ours_goes_before_its_stack_may_promote_it() -> None:
    """What is on record is for what serves then."""
    world = retained(ours, scaled=True)
    done = run(world, PROMOTE)
    assert world.serving() == {"production": V1, "shadow of": []}
    [reason] = on_record(world.ssm, ENDPOINT)
    assert reason.config == world.endpoint["config"]
    assert "cdk deploy churn-promotion" in done.said[-1]


@pytest.mark.parametrize("action", ["promote", "remove"])
@pytest.mark.parametrize("make", [World, ours])
def test_whoever_is_stopped_at_a_retained_shadow_is_followed(make: Callable[..., World], action: Action) -> None:
    """Killed before or after each call, or throttled."""
    world = retained(make, scaled=True)
    run(world, Wanted(action))
    for number in range(1, len(world.calls) + 1):
        for how in ("unheard", "heard", "throttled"):
            world = retained(make, scaled=True)
            world.kill_at, world.throttled = (number, how == "heard"), how == "throttled"
            for _ in range(2):
                world.now += datetime.timedelta(seconds=1)
                try:
                    run(world, Wanted(action))
                except (KilledError, ClientError):
                    world.kill_at = None
            case, model = f"call {number} {how}", "v2" if (make, action) == (World, "promote") else "v1"
            assert (world.serving()["production"][0], world.serving()["shadow of"]) == (model, []), case
            assert scaling(world, "production") == SCALING, case


def test_a_shadow_that_sagemaker_does_not_take_out_is_said() -> None:
    """It goes on, and why."""
    world = retained()
    world.breaks = True
    with pytest.raises(CannotTellError, match="didn't take the shadow shadow out of churn: no capacity"):
        run(world, Wanted("remove"))
    assert world.serving() == {"production": V1, "shadow of": ["shadow"]}


def test_fewer_instances_of_the_same_type_are_refused() -> None:
    """A promotion isn't the moment to lose capacity."""
    world = World()
    with pytest.raises(CannotTellError, match="ask for at least 3"):
        run(world, Wanted("promote", Instances("ml.m5.xlarge", 1)))
    assert world.serving() == {"production": V1, "shadow of": ["shadow"]}


def test_scaling_that_follows_the_variants_own_metrics_is_not_moved() -> None:
    """On another variant's name it would follow nothing."""
    world = World(scaled=True)
    metric = {"MetricName": "Backlog", "Dimensions": [{"Name": "VariantName", "Value": "production"}]}
    tracking = {"TargetValue": 5.0, "CustomizedMetricSpecification": metric}
    world.policies["production"]["TargetTrackingScalingPolicyConfiguration"] = tracking
    with pytest.raises(CannotTellError, match="by-requests follows metrics or alarms of the variant production"):
        run(world, PROMOTE, _never)
    assert scaling(world, "production") == SCALING


def test_a_shadow_that_scales_gives_its_bounds_up() -> None:
    """Bounds of one instance would shrink what was promoted on three."""
    world = World()
    world.targets["shadow"] = {"MinCapacity": 1, "MaxCapacity": 1}
    run(world, PROMOTE)
    assert world.serving()["shadow"] == ("v2", "ml.m5.xlarge", 3)
    assert world.targets == {}


def test_a_damaged_record_is_named() -> None:
    """With its parameter, and nothing is changed."""
    world = World(scaled=True)
    world.parameters["/shadow-test/churn/conclusion"] = '{"version": 2}'
    actions: tuple[Action, ...] = ("promote", "remove")
    for action in actions:
        with pytest.raises(CannotTellError, match="/shadow-test/churn/conclusion: version 2 is not known here"):
            run(world, Wanted(action))
    assert scaling(world, "production") == SCALING


def test_the_test_at_work_is_found_before_one_that_is_to_begin() -> None:
    """And one of another endpoint, of which SageMaker says little, is passed over."""
    world = World()
    assert world.test is not None
    later = {**world.test, "Name": "later", "Status": "Created"}
    odd = {"Name": "odd", "Status": "Created", "EndpointMetadata": {"EndpointName": "other"}}
    world.others = [odd, later]
    assert named(world.sagemaker, ENDPOINT, None).name == "churn-trial"
    world.test = None
    assert named(world.sagemaker, ENDPOINT, None).name == "later"


def _schedules() -> list[tuple[str, int, str]]:
    """Every call of every conclusion, and each way in which it can be the last."""
    found = []
    for status in ("Running", "Completed"):
        world = World(status, scaled=True, shadow_type="ml.c7i.xlarge")
        run(world, Wanted("promote", "shadow"))
        for number in range(1, len(world.calls) + 1):
            found += [(status, number, how) for how in ("unheard", "heard", "throttled", "ended")]
    return found


def test_whoever_is_stopped_at_any_call_is_followed() -> None:
    """Killed before or after each call, throttled, or overtaken by the schedule's end: the next call ends it well.

    In all of that production serves, on no fewer instances than are asked for, and scaling is never lost.
    """
    for status, number, how in _schedules():
        world = World(status, scaled=True, shadow_type="ml.c7i.xlarge")
        if how == "ended":
            world.ends = number
        else:
            world.kill_at, world.throttled = (number, how == "heard"), how == "throttled"
        wanted = Wanted("promote", Instances("ml.c7i.xlarge", 4))
        for _ in range(2):
            try:
                run(world, wanted)
            except (KilledError, ClientError):
                world.kill_at = None
        (name, served), *_ = ((key, value) for key, value in world.serving().items() if key != "shadow of")
        case = f"{status}, call {number} {how}"
        assert served == ("v2", "ml.c7i.xlarge", 4), case
        assert scaling(world, name) == SCALING, case
        assert all(name.startswith("/shadow-test/churn/history/") for name in world.parameters), case
        assert world.serving()["shadow of"] == [], case


@pytest.mark.parametrize("hours", [-11, 0, 5.5, 9, 14])
def test_times_are_utc_whatever_the_machine_s_zone(hours: float) -> None:
    """As they are said, and in the name of a config: another machine goes on with the same one."""
    world = World("Completed")
    assert world.test is not None
    zone = datetime.timezone(datetime.timedelta(hours=hours))
    schedule = {key: one.astimezone(zone) for key, one in world.test["Schedule"].items()}
    world.test.update(Schedule=schedule, CreationTime=START.astimezone(zone))
    found = named(world.sagemaker, ENDPOINT, None)
    assert f"{found.start:%Y-%m-%d %H:%M} {found.end:%d %H:%M}" == "2026-11-02 08:00 09 08:00"
    assert promoted_prefix(found) == "churn-trial-2611020800-"


def hotfixed(make: Callable[..., World] = World, **more: Any) -> World:  # noqa: ANN401 - whatever World takes
    """Somebody has put another model into production by hand."""
    world = make(**more)
    world.config("hotfix", [world._variant("production", "v9", "ml.m5.xlarge", 5)], [])
    world._serve("hotfix")
    return world


@pytest.mark.parametrize("action", ["promote", "remove", "retain", "cancel"])
def test_what_somebody_has_put_into_production_is_not_undone_in_silence(action: Action) -> None:
    """A reason for the record is no word about it; `--yes` is, where the test only ends."""
    world = hotfixed(scaled=True)
    with pytest.raises(CannotTellError, match="serves v9 as production now"):
        run(world, Wanted(action, reason="seen enough"))
    assert (world.serving()["production"][0], scaling(world, "production")) == ("v9", SCALING)
    if action in ("remove", "cancel"):
        run(world, Wanted(action, undo=True))
        assert world.serving() == {"production": ("v1", "ml.m5.xlarge", 5), "shadow of": []}
    else:
        with pytest.raises(CannotTellError, match="serves v9 as production now"):
            run(world, Wanted(action, undo=True))


@pytest.mark.parametrize("status", ["Running", "Completed"])
def test_a_test_of_hardware_alone_is_handed_over_too(status: str) -> None:
    """The same model serves before and after: promoted is told by what it serves on, and the gate is asked."""
    world = ours(status, shadow_type="ml.c7i.xlarge")
    assert world.test is not None
    for variant in world.test["ModelVariants"]:
        variant["ModelName"] = "v1"
    for config in world.configs.values():
        for one in (*config["ProductionVariants"], *config.get("ShadowProductionVariants", ())):
            one["ModelName"] = "v1"
    with pytest.raises(CannotTellError, match="not promoted"):
        run(world, PROMOTE, _no)
    run(world, PROMOTE)
    assert [one.subject for one in on_record(world.ssm, ENDPOINT)] == ["v1"]
    assert world.test["Status"] == "Completed"
    world.config("promoted", [world._variant("production", "v1", "ml.c7i.xlarge", 4)], [])
    world._serve("promoted")
    assert run(world, PROMOTE, _never).said == ("v1 serves churn",)


def test_a_candidate_that_serves_by_hand_is_no_promotion_while_the_test_runs() -> None:
    """The test goes on, so nothing is said to be done."""
    world = ours()
    world.config("hand", [world._variant("production", "v2", "ml.m5.xlarge", 3)], [])
    world._serve("hand")
    with pytest.raises(CannotTellError, match="v2 as production now"):
        run(world, PROMOTE, _never)


@pytest.mark.parametrize("make", [World, ours])
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("action", ["remove", "cancel"])
def test_a_promotion_stops_where_somebody_concludes_otherwise(
    make: Callable[..., World], scaled: bool, action: Action
) -> None:
    """At whichever of its calls until its own end of the test: that was decided knowing more, and says why."""
    trial = make(scaled=scaled)
    run(trial, PROMOTE)
    for call in range(1, trial.calls.index("stop_inference_experiment") + 2):
        world, order = make(scaled=scaled), list[str]()

        def other(world: World = world, order: list[str] = order) -> None:
            world.meanwhile = {}
            order.append("other")
            run(world, Wanted(action, reason="harms customers"), _never)

        def consent(_seen: Seen, _on: Instances, order: list[str] = order) -> str:
            order.append("asked")
            return PASS

        world.meanwhile, refusal = {call: other}, None
        try:
            run(world, PROMOTE, consent)
        except CannotTellError as error:
            refusal = str(error)
        if refusal is not None:
            assert "harms customers" in refusal, call
            assert world.serving() == {"production": V1, "shadow of": []}, call
            assert not on_record(world.ssm, ENDPOINT), call
        else:
            # Concluded before anybody was asked: the gate knows a test that is over.
            assert order == ["other", "asked"], call
        if order[0] == "asked" or make is ours:
            assert scaling(world, "production") == (SCALING if scaled else (None, None)), call


@pytest.mark.parametrize("action", ["promote", "remove", "cancel"])
@pytest.mark.parametrize("of_this_test", [False, True])
def test_scaling_on_record_never_overwrites_newer_scaling(action: Action, of_this_test: bool) -> None:
    """A promotion was broken off, then somebody has put scaling back otherwise."""
    world = World(scaled=True, kill_at=(_number_of("stop_inference_experiment"), False))
    with pytest.raises(KilledError):
        run(world, PROMOTE)
    world.kill_at, newer = None, {"MinCapacity": 5, "MaxCapacity": 40}
    world.targets["production"] = newer
    if not of_this_test:
        assert world.test is not None
        world.test.update(Name="another", CreationTime=world.now)
    run(world, Wanted(action))
    variant = "shadow" if action == "promote" else "production"
    assert world.targets == {variant: newer}
    assert "/shadow-test/churn/conclusion" not in world.parameters


def test_scaling_of_another_test_is_put_back_where_there_is_none() -> None:
    """Nobody has done so meanwhile."""
    world = World(scaled=True, kill_at=(_number_of("stop_inference_experiment"), False))
    with pytest.raises(KilledError):
        run(world, PROMOTE)
    world.kill_at = None
    assert world.test is not None
    world.test.update(Name="another", CreationTime=world.now)
    run(world, Wanted("remove"))
    assert scaling(world, "production") == SCALING


def test_a_shadow_is_not_retained_where_a_stack_could_not_be_deployed_beside_it() -> None:
    """With the way."""
    world = ours()
    with pytest.raises(CannotTellError, match=r"a stack of this library owns churn.*ShadowTestStack"):
        run(world, Wanted("retain"))
    assert world.calls.count("stop_inference_experiment") == 0


@pytest.mark.parametrize("action", ["promote", "remove", "retain", "cancel"])
@pytest.mark.parametrize("status", ["Created", "Running", "Completed"])
def test_without_its_endpoint_a_test_can_still_be_ended(action: Action, status: str) -> None:
    """And nothing else, in one sentence with the way."""
    world = World(status)
    world.gone = True
    if status != "Completed" and action in ("promote", "retain"):
        with pytest.raises(CannotTellError, match=r"the endpoint churn is gone.*shadow-test conclude churn cancel"):
            run(world, Wanted(action), _never)
        assert world.test is not None
        assert world.test["Status"] == status
    else:
        assert "churn is gone" in run(world, Wanted(action), _never).said[0]
        assert world.test is None or world.test["Status"] in ("Completed", "Cancelled")


def test_without_its_endpoint_a_test_that_sagemaker_does_not_end_says_when_it_ends() -> None:
    """Refused, or without effect."""
    for how in ({"refuses": "stop_inference_experiment"}, {}):
        world = World(**how)  # type: ignore[arg-type] # as World takes it
        world.gone, world.deaf = True, True
        with pytest.raises(CannotTellError, match="by its schedule it ends at 2026-11-09 08:00 UTC"):
            run(world, Wanted("remove"))


@pytest.mark.parametrize("action", ["remove", "retain", "cancel"])
def test_an_end_without_effect_is_said_as_one(action: Action) -> None:
    """Nobody wanted a promotion."""
    world = World()
    world.deaf = True
    with pytest.raises(CannotTellError, match="was asked to end churn-trial, and it is Running still"):
        run(world, Wanted(action))


@pytest.mark.parametrize("status", ["Created", "Running"])
def test_an_older_test_is_not_concluded_in_the_place_of_one_at_work(status: str) -> None:
    """By its name neither: what the endpoint has is the newer one's."""
    world = World(status)
    assert world.test is not None
    world.others = [{**world.test, "Name": "older", "Status": "Completed", "CompletionTime": START}]
    with pytest.raises(CannotTellError, match="older is Completed, and churn has the managed test churn-trial"):
        named(world.sagemaker, ENDPOINT, "older")
    assert named(world.sagemaker, ENDPOINT, "churn-trial").status == status


def passing(status: str, make: Callable[..., World]) -> World:
    """A test that SageMaker is at work on, and what it becomes; Stopping is somebody's conclusion with remove."""
    world = make("Created" if status in ("Creating", "Starting") else "Running")
    assert world.test is not None
    if status == "Stopping":
        actions = {"production": "Retain", "shadow": "Remove"}
        kept = [world.test["ModelVariants"][0]]
        world.stop_inference_experiment(
            Name=TEST, ModelVariantActions=actions, DesiredModelVariants=kept, DesiredState="Completed", Reason="harm"
        )
        _later(world)
        return world
    world.test["Status"] = status

    def become() -> None:
        assert world.test is not None
        world.test["Status"] = "Created" if status == "Creating" else "Running"
        if status != "Creating":
            world._serve("run")
            world.counts["production"] = 3

    world.pending = become
    _later(world)
    return world


def _later(world: World) -> None:
    """What SageMaker is at is there after some looks only."""
    ready, left = world.pending, iter(range(3))

    def wait() -> None:
        world.pending = ready if next(left, None) is None else wait

    world.pending = wait


def _ended(make: Callable[..., World], action: Action) -> World:
    world = make()
    run(world, Wanted(action))
    world.now += datetime.timedelta(minutes=1)
    return world


def _served_by_hand(make: Callable[..., World]) -> World:
    """The candidate serves after the test, by a deployment of its stack or somebody's."""
    world = make("Completed")
    world.config("deployed", [world._variant("production", "v2", "ml.m5.xlarge", 3)], [])
    world._serve("deployed")
    return world


STATES: dict[str, Callable[[Callable[..., World]], World]] = {
    **{one: lambda make, one=one: make(one) for one in ("Created", "Running", "Completed", "Cancelled")},  # type: ignore[misc] # bound here
    **{one: lambda make, one=one: passing(one, make) for one in ("Creating", "Starting", "Updating", "Stopping")},  # type: ignore[misc] # likewise
    **{f"{one}d": lambda make, one=one: _ended(make, one) for one in ("promote", "remove", "cancel")},  # type: ignore[misc] # likewise
    "retained": lambda make: retained(make),
    "served by hand": _served_by_hand,
}
# By state: what promote, remove, retain and cancel answer. A refusal begins with "no: "; nothing is changed then.
_TO_BEGIN = (
    "no: nothing was measured",
    *2 * ("no: until then it can be cancelled, by shadow-test conclude churn cancel",),
    "was deleted before it began",
)
_RUNS = ("v2 serves churn on", "is Completed|v1 serves churn", "goes on beside", "is Cancelled|v1 serves churn")
_IS_PROMOTED = tuple(f"no: v2 was promoted and serves churn, so there is nothing left to {a}" for a in ACTIONS[1:])
_NO_SHADOW = "no: there is no shadow any more that could be retained, v1 serves churn alone"
_IS_CANCELLED = (
    "no: v2 isn't promoted by it, and v1 serves churn; to promote it, test it again",
    "is Cancelled (it was over before, and can't be Completed any more)|v1 serves churn, without a shadow",
    _NO_SHADOW,
    "is Cancelled|v1 serves churn, without a shadow",
)
_IS_COMPLETED = (
    "v2 serves churn on 3",
    "is Completed|v1 serves churn, without a shadow",
    _NO_SHADOW,
    "is Completed (it was over before, and can't be Cancelled any more)|v1 serves churn, without a shadow",
)
_STOPS = (
    "no: was concluded meanwhile (by whom and why, its record says: harm), so v2 isn't promoted",
    "is Completed: harm|v1 serves churn",
    _NO_SHADOW,
    "is Completed: harm (it was over before, and can't be Cancelled any more)|v1 serves churn",
)
ANSWERS = {
    "Creating": _TO_BEGIN,
    "Created": _TO_BEGIN,
    "Starting": _RUNS,
    "Running": _RUNS,
    "Updating": _RUNS,
    "Stopping": _STOPS,
    "Completed": _IS_COMPLETED,
    "Cancelled": _IS_CANCELLED,
    "promoted": ("v2 serves churn on 3|its variant is named shadow now", *_IS_PROMOTED),
    "removed": _IS_COMPLETED,
    "canceld": _IS_CANCELLED,
    "retained": (
        "v2 serves churn on 3",
        "is Completed|v1 serves churn, without a shadow",
        "goes on beside production, and is paid for; to take it out: shadow-test conclude churn remove",
        "no: its shadow shadow was retained; to take it out: shadow-test conclude churn remove",
    ),
    "served by hand": ("v2 serves churn, by somebody's deployment", *_IS_PROMOTED),
}
_HANDED = "v2 may be promoted until|cdk deploy churn-promotion"
_WITHDRAWN = "v1 serves churn, without a shadow|what let its stack promote v2 is off the record"
# What differs where a stack of this library owns the endpoint.
OF_OURS = {
    **{(one, "promote"): _HANDED for one in ("Starting", "Running", "Updating", "Completed", "removed", "retained")},
    **{(one, "retain"): "no: a stack of this library owns churn" for one in ("Starting", "Running", "Updating")},
    ("promoted", "promote"): _HANDED,
    ("promoted", "remove"): _WITHDRAWN,
    ("promoted", "retain"): _NO_SHADOW,
    ("promoted", "cancel"): _WITHDRAWN,
    ("served by hand", "promote"): "v2 serves churn",
}


def _answer(world: World, action: Action) -> tuple[bool, str]:
    try:
        return True, " | ".join(run(world, Wanted(action)).said)
    except CannotTellError as refused:
        return False, str(refused)


@pytest.mark.parametrize("make", [World, ours])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", ANSWERS)
def test_each_conclusion_in_each_state_says_what_is_the_case_and_what_is_left(
    state: str, action: Action, make: Callable[..., World]
) -> None:
    """Waited for where SageMaker is at work; one line each; refused, nothing was asked of it; and twice is once."""
    words = ANSWERS[state][ACTIONS.index(action)]
    words = words if make is World else OF_OURS.get((state, action), words)
    world = STATES[state](make)
    world.calls.clear()
    done, said = _answer(world, action)
    assert (done, "\n" in said) == (not words.startswith("no: "), False), said
    assert [one for one in words.removeprefix("no: ").split("|") if one not in said] == [], said
    if not done:
        assert [one for one in world.calls if one.startswith(("stop", "delete_inf", "update", "create"))] == []
    if world.test is None or (state, action) == ("Stopping", "promote"):
        # Who asks for the promotion once more, knows of the other conclusion.
        return
    world.now += datetime.timedelta(minutes=1)
    before = (world.serving(), world.test["Status"], world.test.get("StatusReason"), len(world.configs))
    again = _answer(world, action)
    assert again[0] is done, again
    assert (world.serving(), world.test["Status"], world.test.get("StatusReason"), len(world.configs)) == before


@pytest.mark.parametrize("status", ["Creating", "Starting", "Updating", "Stopping"])
@pytest.mark.parametrize("action", ACTIONS)
def test_what_sagemaker_never_ends_is_said_in_the_end(status: str, action: Action) -> None:
    """With what to do."""
    world = passing(status, World)
    world.pending = None
    with pytest.raises(CannotTellError, match=f"churn-trial is {status} still; run the same command again"):
        run(world, Wanted(action))
