"""Random deployments under random faults: what must hold whatever happens."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shadow_ops.guard.handler import on_event
from shadow_ops.judge.verdict import Outcome
from tests.ops.guard.stack import POLICIES, Clock, Code, Stack, night, scaling, tracking, verdict
from tests.ops.guard.test_scaling import shape
from tests.ops.guard.world import ENDPOINT

TYPES = ("ml.m5.xlarge", "ml.m5.2xlarge")
VERSIONS = ("v1", "v2", "v3")

# Which of the guard's invocations dies (before, after, and those of the rollback), at which call, before or after it.
deaths = st.tuples(st.integers(0, 3), st.integers(1, 30), st.booleans())


@st.composite
def scalings(draw: st.DrawFn, name: str) -> tuple[dict[str, Any], ...]:
    """A declared scaling of a variant, or none."""
    if draw(st.booleans()):
        return ()
    policies = [tracking(one) for one in draw(st.sets(st.sampled_from(("track", "second", "third"))))]
    schedules = [night()] if draw(st.booleans()) else []
    low = draw(st.integers(1, 2))
    return (scaling(name, low, draw(st.integers(4, 9)), policies=policies, schedules=schedules),)


@st.composite
def codes(draw: st.DrawFn) -> Code:
    """What somebody may deploy."""
    shadow = draw(st.none() | st.sampled_from(VERSIONS))
    return Code(
        version=draw(st.sampled_from(VERSIONS)),
        instance_type=draw(st.sampled_from(TYPES)),
        count=draw(st.integers(1, 3)),
        shadow=shadow,
        shadow_type=draw(st.sampled_from(TYPES)),
        shadow_count=draw(st.integers(1, 2)),
        scaling=(*draw(scalings("production")), *(() if shadow is None else draw(scalings("shadow")))),
        rollback=draw(st.none() | st.just("it is slow")),
        policy=draw(st.sampled_from(tuple(POLICIES))),
    )


class Deployments(RuleBasedStateMachine):
    """One endpoint over many deployments, most of which go wrong."""

    @initialize(code=codes())
    def create(self, code: Code) -> None:
        """The first deployment, which goes well."""
        self.stack = Stack()
        self.faulty = False
        assert self.stack.deploy(code).ok

    @rule(code=codes())
    def deploy(self, code: Code) -> None:
        """Deploy something."""
        self._deploy(code)

    @rule(code=codes(), death=deaths)
    def deploy_with_a_guard_that_dies(self, code: Code, death: tuple[int, int, bool]) -> None:
        """The function is ended at some call, and the deployment is tried again."""
        self.stack.kill, self.faulty = death, True
        self._deploy(code)
        self._deploy(code)

    @rule(code=codes(), notices=st.booleans())
    def deploy_in_vain(self, code: Code, notices: bool) -> None:
        """SageMaker takes the update back."""
        self.stack.notices, self.stack.world.next_update, self.faulty = notices, "no capacity", True
        self._deploy(code)
        self.stack.world.next_update = "done"

    @rule(code=codes(), death=st.none() | deaths)
    def deploy_beside_a_failure(self, code: Code, death: tuple[int, int, bool] | None) -> None:
        """Another resource of the stack fails at the end."""
        self.stack.fails_last, self.stack.kill, self.faulty = True, death, True
        self._deploy(code)

    @precondition(lambda self: self.stack.code.shadow is not None)
    @rule(outcome=st.sampled_from(Outcome), death=st.none() | deaths, kept=scalings("production"))
    def promote(self, outcome: Outcome, death: tuple[int, int, bool] | None, kept: tuple[dict[str, Any], ...]) -> None:
        """Promote the shadow, with or without the gate's consent."""
        code = self.stack.code
        assert code is not None
        self.stack.kill, self.faulty = death, death is not None
        self.stack.verdict = lambda: verdict(outcome)
        promoted = code.promoted(scaling=kept, instance_type=code.shadow_type, rollback=None)
        result = self._deploy(promoted)
        self.stack.verdict = verdict
        if outcome is not Outcome.PASS and promoted.policy != "none":
            assert not result
        elif result:
            assert self.stack.history()[-1].to_version == code.shadow

    @rule(times=st.integers(1, 6))
    def throttle(self, times: int) -> None:
        """Every API refuses a few calls in the next deployments."""
        self.stack.world.throttles.clear()
        self.stack.world.throttle_all = times

    @rule(count=st.integers(1, 12))
    def scale_out(self, count: int) -> None:
        """Production is scaled, by Application Auto Scaling or by hand."""
        live, target = self.stack.world.live, self.stack.world.targets.get("production")
        assert live is not None
        live.counts["production"] = min(count, target["max"]) if target else count

    @precondition(lambda self: "production" in self.stack.world.targets)
    @rule(high=st.integers(5, 12), extra=st.booleans())
    def change_scaling_by_hand(self, high: int, extra: bool) -> None:
        """Somebody changes production's scaling in the console."""
        key = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{ENDPOINT}/variant/production",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        autoscaling = self.stack.world.clients().patient(Clock(self.stack.world)).autoscaling
        suspended = {"ScheduledScalingSuspended": extra}
        autoscaling.register_scalable_target(**key, MinCapacity=2, MaxCapacity=high, SuspendedState=suspended)
        if extra:
            autoscaling.put_scaling_policy(**key, **tracking("mine", 7.0))

    @rule()
    def hear_of_a_change(self) -> None:
        """EventBridge sends an event at some time."""
        event = {"source": "aws.sagemaker", "detail": {"EndpointName": ENDPOINT}}
        before = shape(self.stack.world.targets)
        on_event(event, self.stack.world.clients(), Clock(self.stack.world))
        assert shape(self.stack.world.targets) == before

    @rule()
    def begin_while_the_endpoint_changes(self) -> None:
        """The endpoint is updating when the next deployment starts."""
        self.stack.busy_at_start = True

    @invariant()
    def production_serves(self) -> None:
        """The endpoint is in service, on a config that exists, with an instance of production."""
        live = self.stack.world.live
        assert live is not None
        assert live.status == "InService"
        assert live.config in self.stack.world.configs
        assert live.counts["production"] >= 1

    @invariant()
    def the_stack_tells_the_truth(self) -> None:
        """What CloudFormation believes to serve is what serves."""
        assert self.stack.world.live is not None
        assert self.stack.world.live.config == self.stack.config

    def _deploy(self, code: Code) -> bool:
        stack, world = self.stack, self.stack.world
        old = stack.code
        assert old is not None
        assert world.live is not None
        targets, count = shape(world.targets), world.live.counts["production"]
        config, history = stack.config, [one for one in stack.history() if one.undone is None]
        result = stack.deploy(code)
        # Where nothing had to be asked of the guard, it may still be changing.
        world.settle()
        note(f"{code} -> {result}")
        after = shape(world.targets)
        if result.ok:
            assert set(world.named(world.live.config)) == {"production"} | ({"shadow"} if code.shadow else set())
            assert world.named(world.live.config)["production"]["ModelName"] == f"model-{code.version}"
            expected = {
                name: one
                for name in world.named(world.live.config)
                if (one := expected_scaling(name, targets.get(name), old, code)) is not None
            }
            assert after == expected
            self._check_count(old, code, count, targets, after)
        else:
            assert after == targets
            assert world.live.config == config
            # What the deployment had put into the history is marked as undone.
            assert [one for one in stack.history() if one.undone is None] == history
            assert world.live.counts["production"] >= min(count, after.get("production", {"max": count})["max"])
            assert self.faulty or refusable(result.reason), result.reason
        self.faulty = False
        return result.ok

    def _check_count(self, old: Code, code: Code, count: int, before: dict[str, Any], targets: dict[str, Any]) -> None:
        live = self.stack.world.live
        assert live is not None
        now = live.counts["production"]
        # Capacity may only fall where the code says so: a count it changed, or a maximum.
        scaled = "production" in before and "production" in targets
        asked_for_less = code.count != old.count and not scaled
        if not asked_for_less:
            ceiling = targets["production"]["max"] if "production" in targets else count
            assert now >= min(count, ceiling), f"{count} instances became {now}"


def refusable(reason: str) -> bool:
    """Whether a refusal without a fault is one of those that are meant."""
    return "rollback=" in reason or "override_gate" in reason


def expected_scaling(name: str, before: Any, old: Code, new: Code) -> Any:  # noqa: ANN401 - JSON
    """How a variant must scale after a deployment, told independently of the guard's code."""
    declared = {one["variant"]: one for one in new.scaling}.get(name)
    formerly = {one["variant"]: one for one in old.scaling}.get(name)
    if name == "shadow" and old.shadow is None:
        before, formerly = None, None
    if before is not None and declared == formerly:
        return before
    if before is None and declared is None:
        return None
    target = copy.deepcopy(before) or {
        "suspended": dict.fromkeys(
            ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
        ),
        "policies": {},
        "schedules": {},
    }
    for one in formerly["policies"] if formerly else ():
        target["policies"].pop(one["PolicyName"], None)
    for one in formerly["schedules"] if formerly else ():
        target["schedules"].pop(one["ScheduledActionName"], None)
    if declared is None:
        return target if formerly is None or target["policies"] or target["schedules"] else None
    target |= {"min": declared["min"], "max": declared["max"]}
    target["policies"] |= {one["PolicyName"]: one for one in declared["policies"]}
    target["schedules"] |= {one["ScheduledActionName"]: one for one in declared["schedules"]}
    return target


TestDeployments = Deployments.TestCase
TestDeployments.settings = settings(
    max_examples=120, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
