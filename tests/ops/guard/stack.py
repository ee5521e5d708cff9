"""A little CloudFormation: one stack with a config, the guard's two resources and the endpoint between them.

Order, rollback and clean-up as in the CloudFormation User Guide: what changed is updated in order of dependency, a
failure updates what was touched back to the old properties in the same order, and what is replaced is deleted last.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws import history
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.history import Entry
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.guard.handler import on_request
from shadow_ops.judge.verdict import Finding, Outcome, Verdict
from tests.ops.guard.world import ENDPOINT, STACK, UPDATE_SECONDS, Killed, World, variant

LAMBDA_SECONDS = 890.0
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
# One rule each: what the gate says is given, and reading ten of them takes longer than all that the guard does.
_RULES = (Rule.error_rate(),)
POLICIES = {
    "usual": GatePolicy(rules=_RULES),
    "other": GatePolicy(rules=_RULES, min_requests=7),
    "none": GatePolicy.none("only a demo"),
}


def tracking(name: str = "track", target: float = 100.0, metric: str | None = None) -> dict[str, Any]:
    """A target tracking policy; one of another name follows another metric, unless it is said which: AWS takes one."""
    if metric or name == "track":
        followed = {"PredefinedMetricSpecification": {"PredefinedMetricType": metric or INVOCATIONS}}
    else:
        own = {"MetricName": name, "Namespace": "Mine", "Statistic": "Average"}
        followed = {"CustomizedMetricSpecification": own}
    return {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": target, **followed},
    }


def night(name: str = "night", minimum: int = 1) -> dict[str, Any]:
    """A scheduled action."""
    return {
        "ScheduledActionName": name,
        "Schedule": "cron(0 22 * * ? *)",
        "Timezone": "Europe/Berlin",
        "ScalableTargetAction": {"MinCapacity": minimum},
    }


def scaling(name: str = "production", low: int = 1, high: int = 8, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - lists of JSON
    """A declared scaling."""
    return {"variant": name, "min": low, "max": high, "policies": [tracking()], "schedules": [], **more}


@dataclass(frozen=True)
class Code:
    """What the user's code says. One version is one model, which CloudFormation makes anew where `made` changes."""

    version: str = "v1"
    instance_type: str = "ml.m5.xlarge"
    count: int = 2
    shadow: str | None = None
    shadow_type: str = "ml.m5.xlarge"
    shadow_count: int = 1
    scaling: tuple[dict[str, Any], ...] = ()
    promotion: bool = False
    override: str | None = None
    rollback: str | None = None
    policy: str = "usual"
    alarms: tuple[str, ...] = ()
    tested: str | None = None
    made: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    shadow_more: dict[str, Any] = field(default_factory=dict)
    second: str | None = None
    # What the code calls a model, where that isn't its version.
    called: dict[str, str] = field(default_factory=dict)

    def variants(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The variants of its config."""
        made = f"@{self.made}" if self.made else ""
        production = [variant(f"model-{self.version}{made}", self.instance_type, self.count) | self.more]
        if self.second is not None:
            production.append(variant(f"model-{self.second}{made}", self.instance_type, self.count, "second"))
        if self.shadow is None:
            return production, []
        shadow = variant(f"model-{self.shadow}{made}", self.shadow_type, self.shadow_count, "shadow")
        return production, [shadow | self.shadow_more]

    def promoted(self, **changes: Any) -> Code:  # noqa: ANN401 - of any field
        """The endpoint after its promotion."""
        assert self.shadow is not None
        kept = tuple(one for one in self.scaling if one["variant"] != "shadow")
        fields = {"version": self.shadow, "shadow": None, "promotion": True, "scaling": kept, **changes}
        return replace(self, **fields)


@dataclass(frozen=True)
class Result:
    """What a deployment came to."""

    ok: bool
    reason: str = ""


class Clock:
    """The time of one invocation."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._end = world.now + datetime.timedelta(seconds=LAMBDA_SECONDS)

    def now(self) -> datetime.datetime:
        """The world's time."""
        return self._world.now

    def sleep(self, seconds: float) -> None:
        """Make the world's time pass."""
        self._world.sleep(seconds)

    def remaining(self) -> float:
        """Seconds left."""
        return (self._end - self._world.now).total_seconds()


def verdict(outcome: Outcome = Outcome.PASS, minutes: float | None = None) -> Verdict:
    """A verdict of the gate."""
    finding = Finding(Rule.latency(), outcome, True, "p99 was 12 % slower than allowed", {})
    return Verdict(outcome, "measured for 30 h", (finding,), (), minutes)


class Stack:
    """The stack.

    Args:
        world: The services.
    """

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.code: Code | None = None
        self.config = ""
        self.keep = "false"
        self.models: dict[str, str] = {}
        self.verdict: Callable[[], Verdict] = verdict
        self.judged: list[tuple[GatePolicy, Instances | None]] = []
        # The reasons of all answers.
        self.said: list[str] = []
        # Kills the guard in this one of its next invocations (from 0), at that call, before or after its effect.
        self.kill: tuple[int, int, bool] | None = None
        # Whether CloudFormation notices that SageMaker took an update back, and whether a resource after all fails.
        self.notices = False
        self.fails_last = False
        self.busy_at_start = False
        self._number = 0

    # --- what a user does

    def deploy(self, code: Code) -> Result:
        """Deploy; a failure is rolled back."""
        world = self.world
        if self.code is None:
            return self._create(code)
        old, old_config, old_keep = self.code, self.config, self.keep
        world.status = "UPDATE_IN_PROGRESS"
        if self.busy_at_start and world.live is not None:
            world.busy("Updating", 60)
        config = old_config if code.variants() == old.variants() else self._new_config(code)
        touched: list[str] = []
        try:
            self._forward(code, config, old, old_config, touched)
        except _StepError as failed:
            world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
            if not self._back(old, old_config, old_keep, code, config, touched):
                # The user continues the rollback.
                world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
                assert self._back(old, old_config, old_keep, code, config, touched), "the rollback stays stuck"
            if config != old_config:
                self._delete_config(config)
            world.drop_models(self.models, old.variants())
            world.status = "UPDATE_ROLLBACK_COMPLETE"
            return Result(False, str(failed))
        finally:
            self.kill, self.fails_last, self.busy_at_start = None, False, False
        self.code, self.config = code, config
        if config != old_config:
            self._delete_config(old_config)
        world.drop_models(self.models, code.variants())
        world.status = "UPDATE_COMPLETE"
        return Result(True)

    def delete(self) -> None:
        """Delete the stack."""
        assert self.code is not None
        self.world.status = "DELETE_IN_PROGRESS"
        self._must(self.ask("Delete", "after", self.code, self.config))
        if self.world.live is not None:
            self.world.delete_endpoint()
        self.world.owners[ENDPOINT] = (STACK, "DELETE_COMPLETE")
        self._must(self.ask("Delete", "before", self.code, self.config))
        self.world.configs.clear()
        self.world.drop_models(self.models)
        self.world.status, self.code = None, None

    def history(self) -> tuple[Entry, ...]:
        """What the guard wrote into its history."""
        return history.history(self.world, ENDPOINT)

    def ask(
        self, kind: str, step: str, code: Code, config: str, old: tuple[Code, str] | None = None
    ) -> dict[str, Any] | None:
        """Send one request to the guard; None if it was killed and never answered."""
        self._number += 1
        world, answers = self.world, list[dict[str, Any]]()
        if world.status is not None and world.status.endswith("_COMPLETE"):
            world.status = f"{kind.upper()}_IN_PROGRESS"
        event = {
            "RequestType": kind,
            "RequestId": f"request-{self._number}",
            "StackId": STACK,
            "LogicalResourceId": step,
            "ResponseURL": "https://nowhere.invalid/",
            "PhysicalResourceId": f"{ENDPOINT}/{step}",
            "ResourceProperties": properties(step, code, config),
        }
        if old is not None:
            event["OldResourceProperties"] = properties(step, *old)
        if self.kill is not None and self.kill[0] == 0:
            world.last_call = self.kill[1:]
        if self.kill is not None:
            self.kill = (self.kill[0] - 1, *self.kill[1:])
        try:
            self.deliver(event, answers)
        except Killed:
            # CloudFormation waits an hour for an answer.
            world.sleep(3600)
            return None
        finally:
            world.last_call = None
        (answer,) = answers
        self.said.append(answer["Reason"])
        assert answer["PhysicalResourceId"] == f"{ENDPOINT}/{step}"
        return answer

    def deliver(self, event: dict[str, Any], answers: list[dict[str, Any]]) -> None:
        """Have the function take an event, and those that it sends to itself to go on."""
        world = self.world
        following: list[dict[str, Any]] = [event]
        while following:
            one = following.pop(0)
            on_request(one, world.clients, Clock(world), lambda _, body: answers.append(json.loads(body)), self._gate)
            following += world.continuations
            world.continuations.clear()

    # --- what CloudFormation does

    def _create(self, code: Code) -> Result:
        world, config = self.world, self._new_config(code)
        world.status = "CREATE_IN_PROGRESS"
        done: list[str] = []
        try:
            done.append("before")
            answer = self._step(self.ask("Create", "before", code, config))
            self.keep = answer["Data"]["KeepLiveCounts"]
            if world.live is None:
                world.create_endpoint(config)
            else:
                self._update(config)
            done.append("after")
            self._step(self.ask("Create", "after", code, config))
        except _StepError as failed:
            world.status = "ROLLBACK_IN_PROGRESS"
            for step in reversed(done):
                self._must(self.ask("Delete", step, code, config))
                if step == "after":
                    world.delete_endpoint()
            return Result(False, str(failed))
        self.code, self.config, world.status = code, config, "CREATE_COMPLETE"
        return Result(True)

    def _forward(self, code: Code, config: str, old: Code, old_config: str, touched: list[str]) -> None:
        if properties("before", code, config) != properties("before", old, old_config):
            touched.append("before")
            answer = self._step(self.ask("Update", "before", code, config, (old, old_config)))
            keep = answer["Data"]["KeepLiveCounts"]
        else:
            keep = self.keep
        if (config, keep) != (old_config, self.keep):
            touched.append("endpoint")
            self.keep = keep
            self._update(config)
        if properties("after", code, config) != properties("after", old, old_config):
            touched.append("after")
            self._step(self.ask("Update", "after", code, config, (old, old_config)))
        if self.fails_last:
            raise _StepError("another resource failed")

    def _back(self, old: Code, old_config: str, old_keep: str, code: Code, config: str, touched: list[str]) -> bool:
        try:
            keep = old_keep
            if "before" in touched:
                answer = self._step(self.ask("Update", "before", old, old_config, (code, config)))
                keep = answer["Data"]["KeepLiveCounts"]
            if "endpoint" in touched:
                self.keep = keep
                live = self.world.live
                if live is not None and live.config != old_config:
                    self._update(old_config)
            elif self.world.live is not None and self.world.live.config == old_config:
                assert keep == old_keep, "the endpoint would be touched"
            if "after" in touched:
                self._step(self.ask("Update", "after", old, old_config, (code, config)))
        except _StepError:
            self.world.status = "UPDATE_ROLLBACK_FAILED"
            return False
        return True

    def _update(self, config: str) -> None:
        try:
            self.world.update_endpoint(config, retain=self.keep == "true")
        except ClientError as refused:
            raise _StepError(str(refused)) from None
        self.world.sleep(UPDATE_SECONDS)
        assert self.world.live is not None
        if self.notices and self.world.live.config != config:
            raise _StepError(f"Endpoint: {self.world.live.reason}")

    def _step(self, answer: dict[str, Any] | None) -> dict[str, Any]:
        if answer is None:
            raise _StepError("the custom resource did not answer within an hour")
        if answer["Status"] != "SUCCESS":
            raise _StepError(answer["Reason"])
        return answer

    def _must(self, answer: dict[str, Any] | None) -> None:
        assert answer is not None
        assert answer["Status"] == "SUCCESS", answer

    def _new_config(self, code: Code) -> str:
        self._number += 1
        name = f"config-{self._number}"
        return self.world.make_config(name, self.world.name_models(self.models, code.variants()))

    def _delete_config(self, name: str) -> None:
        assert self.world.live is None or self.world.live.config != name, "the config that serves is deleted"
        # What somebody has deleted before is gone for CloudFormation too.
        self.world.configs.pop(name, None)

    def _gate(
        self, live: LiveEndpoint, policy: GatePolicy, promoted: Instances | None, now: datetime.datetime
    ) -> Verdict:
        assert live.shadow is not None
        assert now == self.world.now
        self.judged.append((policy, promoted))
        return self.verdict()


class _StepError(Exception):
    pass


def properties(step: str, code: Code, config: str) -> dict[str, str]:
    """The properties of one of the guard's resources."""
    given = {
        "ServiceToken": "arn:aws:lambda:eu-west-1:123456789012:function:guard",
        "Step": step,
        "EndpointName": ENDPOINT,
        "EndpointConfigName": config,
        "ProductionVariant": "production",
        "ProductionVersion": code.called.get(code.version, code.version),
        "ShadowVersion": code.called.get(code.shadow or "", code.shadow or ""),
        "Promotion": "true" if code.promotion else "false",
        "OverrideGate": code.override,
        "RollbackReason": code.rollback,
        "Policy": POLICIES[code.policy].to_text(),
        "Scaling": json.dumps(code.scaling),
        "TestedModel": code.tested,
    }
    if code.second is not None:
        given["OtherVersions"] = json.dumps({"second": code.called.get(code.second, code.second)})
    if code.alarms:
        given["RollbackAlarms"] = json.dumps(code.alarms)
    if code.promotion:
        given["Promoted"] = json.dumps({"instance_type": code.instance_type, "count": code.count})
    return {name: value for name, value in given.items() if value is not None}
