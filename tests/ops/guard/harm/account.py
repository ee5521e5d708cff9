"""One account: stacks that CloudFormation deploys, a function that Lambda runs, and all that may go wrong with either.

Order, rollback, cancellation and clean-up are as in the CloudFormation User Guide. That a cancelled update of an
endpoint goes on in SageMaker, and that continuing a rollback repeats only what has failed, is inferred.
"""

from __future__ import annotations

import datetime
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.journal import Hold, lock_name
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.guard.clients import TimeUpError
from shadow_ops.guard.handler import on_event, on_request
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.run import PATIENCE, HandOverError
from shadow_ops.judge.verdict import Outcome, Verdict
from tests.ops.guard.harm.code import THEIRS, Code
from tests.ops.guard.stack import Clock, verdict
from tests.ops.guard.world import Killed, World
from tests.ops.parameter_store import aws_error

_RETRIES = 2
_CONTINUED = 8
_OVERSLEPT = 3
RIGHTS_BACK = 4
_COPIED_WITHIN = 0.02
ALARM = "users"


class Asleep(threading.Timer):
    """A watchdog that has nothing to do, because nothing hangs here; a thread of its own costs more than a request."""

    def start(self) -> None:
        """Stay asleep."""

    def join(self, timeout: float | None = None) -> None:
        """There is nothing to wait for."""


class OvertakenError(Exception):
    """The deployment was taken back while one call of the guard's was on its way."""


class StepError(Exception):
    """A resource failed; the text is what CloudFormation says."""


class Suspended(BaseException):
    """A copy that runs inside of a call would have to wait: it goes on after that call's invocation."""


class Coarse(Clock):
    """Waits last longer than was asked for: else most of a schedule is looking at what goes on as before."""

    def sleep(self, seconds: float) -> None:
        """Make the world's time pass."""
        super().sleep(_OVERSLEPT * seconds)


class Impatient(Clock):
    """The time of an invocation at whose first wait another one goes on."""

    def sleep(self, seconds: float) -> None:
        """Stop here."""
        raise Suspended(seconds)


@dataclass
class Faults:
    """What goes wrong in one deployment.

    Attributes:
        kill: Which of the guard's invocations dies, at which of its calls, and whether that call still works.
        silent: SageMaker takes the endpoint's update back; whether CloudFormation notices.
        fails_last: Whether another resource fails after all.
        cancel: Whether somebody cancels the update while the endpoint is at it.
        no_rollback: Whether a failure is left as it is.
        seconds: How long the endpoint's update takes.
        busy: For how long the endpoint is changing by itself at the start.
        denied: Operations that are refused once CloudFormation rolls back.
        refused: Operations that are refused from the start.
        damaged: Whether the guard's record is damaged before the rollback.
        copies: How likely an event is delivered twice.
        throttled: How often each operation is throttled.
        alarm: For how long an alarm of the user's fires from the start on.
        lost: How likely the answer of a call is lost, though it has worked.
        events: How likely an event comes between two steps.
        slow: Which of the guard's invocations has a call that is on its way for minutes, and which call that is;
            meanwhile the deployment is taken back.
        deaf: Operations that no event can do, however often Lambda delivers it.
        back: SageMaker takes the first way back back: ``noticed`` by CloudFormation or not (``silent``).
        skip: Whether people continue such a rollback past the endpoint and the step after it.
    """

    kill: tuple[int, int, bool] | None = None
    silent: bool | None = None
    fails_last: bool = False
    cancel: bool = False
    no_rollback: bool = False
    seconds: float = 300
    busy: float = 0
    denied: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    damaged: bool = False
    copies: float = 0
    throttled: int = 0
    alarm: float = 0
    lost: float = 0
    events: float = 0
    slow: tuple[int, int] | None = None
    deaf: tuple[str, ...] = ()
    back: str = ""
    skip: bool = False


@dataclass
class Stack:
    """A stack: what is deployed, and the endpoint's property that is the guard's answer."""

    arn: str
    code: Code | None = None
    config: str = ""
    keep: str = "false"
    # The names of its models, by what the code calls them.
    models: dict[str, str] = field(default_factory=dict)
    # Left over by a failure without a rollback: what CloudFormation tried last.
    tried: tuple[Code, str] | None = None
    # Whether the endpoint has not come to that, as far as CloudFormation knows.
    behind: bool = False
    # Whether any of them has touched the endpoint: else no way back does.
    moved: bool = False


@dataclass
class Result:
    """What a deployment came to."""

    ok: bool
    reason: str = ""
    stuck: bool = False


@dataclass
class Account:
    """The account.

    Attributes:
        dice: Where chance comes from.
        world: The services.
        look: Called around everything that changes an endpoint: what it is, and the endpoint's name.
    """

    dice: random.Random
    look: Callable[[str, str, dict[str, Any]], None]
    world: World = field(default_factory=lambda: World(checked=False, statuses={}))
    faults: Faults = field(default_factory=Faults)
    outcome: Outcome = Outcome.PASS
    scaled_by_itself: float = 0.0
    unanswered: list[str] = field(default_factory=list)
    strays: list[tuple[datetime.datetime, dict[str, Any]]] = field(default_factory=list)
    tried_config: str = ""
    _late: list[dict[str, Any]] = field(default_factory=list)
    _firsts: list[dict[str, Any]] = field(default_factory=list)
    # Where the answer to a request would be whose time was over; None for any other.
    _given_up: str | None = None
    _current: dict[str, Any] | None = None
    number: int = 0
    calls: int = 0
    _invocation: int = 0
    _calls_left: int | None = None
    _inside: bool = False
    skipped: bool = False
    deleted: dict[str, Any] = field(default_factory=dict)
    _taken_back_again: str = ""
    _take_back: Callable[[], Result] | None = None
    _taken_back: Result | None = None

    def __post_init__(self) -> None:
        """Watch each call."""
        self.world.watched = self._watched
        self.world.loses_answer = lambda _: not self._inside and self.dice.random() < self.faults.lost

    # --- what people do

    def create(self, stack: Stack, code: Code) -> Result:
        """Create a stack; a failure removes all of it."""
        self.world.statuses[stack.arn] = "CREATE_IN_PROGRESS"
        config, done = self._config(stack, code), list[str]()
        try:
            done.append("before")
            answer = self._ask(stack, "Create", "before", code, config)
            stack.keep = answer["Data"]["KeepLiveCounts"]
            self._service(lambda: self.world.create_endpoint(config, code.endpoint, stack.arn))
            done.append("endpoint")
            done.append("after")
            self._ask(stack, "Create", "after", code, config)
            self._fail_last()
        except StepError as failed:
            self.world.statuses[stack.arn] = "ROLLBACK_IN_PROGRESS"
            self._deny()
            for step in reversed(done):
                self._remove(stack, step, code, config)
            self._allow()
            self.world.statuses[stack.arn] = "ROLLBACK_COMPLETE"
            del self.world.configs[config]
            self.world.drop_models(stack.models)
            return Result(False, str(failed))
        self.world.statuses[stack.arn] = "CREATE_COMPLETE"
        stack.code, stack.config = code, config
        self._event(stack)
        return Result(True)

    def update(self, stack: Stack, code: Code) -> Result:
        """Update a stack; a failure is rolled back, unless it shall not be."""
        world, old, old_config, old_keep = self.world, stack.code, stack.config, stack.keep
        assert old is not None
        believed = (old, old_config) if stack.tried is None else stack.tried
        world.statuses[stack.arn] = "UPDATE_IN_PROGRESS"
        live = world.endpoints.get(code.endpoint)
        if self.faults.busy and live is not None and live.status == "InService":
            live.status = "Updating"
            live.settles = world.now + datetime.timedelta(seconds=self.faults.busy)
        same = code.variants() == believed[0].variants() and code.guarded == believed[0].guarded
        config = believed[1] if same and code.alarms == believed[0].alarms else self._config(stack, code)
        self.tried_config = config
        world.next_update = "done" if self.faults.silent is None else "no capacity"
        if self.faults.alarm:
            world.fires = {ALARM: world.now + datetime.timedelta(seconds=self.faults.alarm)}
        touched: list[str] = []
        was, now = (old, old_config, old_keep), (code, config)
        if stack.tried is None:
            self._take_back = lambda: self._roll_back(stack, was, now, list(touched), "cancelled")
        try:
            self._forward(stack, code, config, believed, touched)
        except OvertakenError:
            world.next_update = "done"
            self._event(stack)
            self.settle(stack)
            assert self._taken_back is not None
            return self._taken_back
        except StepError as failed:
            world.next_update, self._take_back = "done", None
            if self.faults.no_rollback:
                world.statuses[stack.arn] = "UPDATE_FAILED"
                stack.tried = (code, config)
                reached = "endpoint" in touched and not str(failed).startswith("Endpoint:")
                stack.moved = stack.moved or "endpoint" in touched
                stack.behind = not reached and (stack.behind or config != believed[1])
                self._event(stack)
                return Result(False, str(failed))
            if stack.tried is not None:
                # The way back leads over what an earlier failure left as well.
                moved = stack.moved or "endpoint" in touched
                touched = ["before", *(("endpoint",) if moved else ()), "after"]
            return self._roll_back(stack, was, now, touched, str(failed))
        finally:
            self._take_back = None
        world.next_update = "done"
        stack.code, stack.config, stack.tried, stack.behind, stack.moved = code, config, None, False, False
        world.statuses[stack.arn] = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
        if believed[0].endpoint != code.endpoint:
            self._clean_up(stack, believed[0], believed[1])
        elif believed[0].guarded and not code.guarded:
            self._remove(stack, "after", *believed)
            self._remove(stack, "before", *believed)
        for gone in {old_config, believed[1]} - {config}:
            self._delete_config(gone)
        world.drop_models(stack.models, code.variants())
        world.statuses[stack.arn] = "UPDATE_COMPLETE"
        self._event(stack)
        return Result(True)

    def go_back(self, stack: Stack) -> Result:
        """Take back what failures without a rollback have left (rollback-stack)."""
        assert stack.code is not None
        assert stack.tried is not None
        stack_before = (stack.code, stack.config, stack.keep)
        touched = ["before", *(("endpoint",) if stack.moved else ()), "after"]
        return self._roll_back(stack, stack_before, stack.tried, touched, "taken back")

    def delete(self, stack: Stack, *, retain: bool = False, fails: Callable[[], None] | None = None) -> None:
        """Delete a stack; the endpoint stays if it is retained. It may fail at first, which is looked at."""
        assert stack.code is not None
        self.world.statuses[stack.arn] = "DELETE_IN_PROGRESS"
        self._deny()
        self._remove(stack, "after", stack.code, stack.config)
        if fails is not None:
            self._allow()
            self.world.statuses[stack.arn] = "DELETE_FAILED"
            self._event(stack)
            fails()
            self.world.statuses[stack.arn] = "DELETE_IN_PROGRESS"
            self._deny()
        if retain:
            self.world.owners[stack.code.endpoint] = (stack.arn, "DELETE_SKIPPED")
        else:
            self._remove(stack, "endpoint", stack.code, stack.config)
        self._remove(stack, "before", stack.code, stack.config)
        self._allow()
        self.world.statuses[stack.arn] = "DELETE_COMPLETE"

    def scale_by_itself(self) -> None:
        """Application Auto Scaling does what it is for; while an endpoint updates it is suspended."""
        for name, targets in self.world.scaling.items():
            live = self.world.endpoints.get(name)
            if live is None or live.status != "InService":
                continue
            for variant, target in targets.items():
                if variant in live.counts:
                    live.counts[variant] = self.dice.randint(target["min"], target["max"])
            self.look("scaled", name, {})

    # --- what CloudFormation does

    def _forward(self, stack: Stack, code: Code, config: str, believed: tuple[Code, str], touched: list[str]) -> None:
        old, old_config = believed
        again = stack.tried is not None
        if not (old.guarded and code.guarded):
            self._with_one_guard(stack, code, config, old, touched)
            return
        if again or code.properties("before", config) != old.properties("before", old_config):
            touched.append("before")
            answer = self._ask(stack, "Update", "before", code, config, believed)
            keep = answer["Data"]["KeepLiveCounts"]
        else:
            keep = stack.keep
        live = self.world.endpoints.get(code.endpoint)
        if code.endpoint != old.endpoint:
            touched.append("endpoint")
            self.look("moved", old.endpoint, {"code": code, "left": old_config})
            self._service(lambda: self.world.create_endpoint(config, code.endpoint, stack.arn))
            # CloudFormation lists the one that will be removed no more: it isn't the resource's any longer.
            self.world.owners.pop(old.endpoint, None)
            stack.keep = keep
        elif (config, keep) != (old_config, stack.keep) or (
            # What people serve meanwhile CloudFormation doesn't know of.
            again
            and live is not None
            and live.config != config
            and (stack.behind or not live.config.startswith(THEIRS))
        ):
            touched.append("endpoint")
            stack.keep = keep
            self._update_endpoint(stack, code, config, back=False)
        if again or code.properties("after", config) != old.properties("after", old_config):
            touched.append("after")
            self._ask(stack, "Update", "after", code, config, believed)
        self._fail_last()

    def _with_one_guard(self, stack: Stack, code: Code, config: str, old: Code, touched: list[str]) -> None:
        """The guard is new here, or goes, or there is none: only what is made is called, what goes is called last."""
        keep = "false"
        if code.guarded and not old.guarded:
            touched.append("new")
            keep = self._ask(stack, "Create", "before", code, config)["Data"]["KeepLiveCounts"]
        touched.append("endpoint")
        stack.keep = keep
        self._update_endpoint(stack, code, config, back=False)
        if code.guarded and not old.guarded:
            self._ask(stack, "Create", "after", code, config)
        self._fail_last()

    def _roll_back(
        self,
        stack: Stack,
        old: tuple[Code, str, str],
        tried: tuple[Code, str],
        touched: list[str],
        reason: str,
    ) -> Result:
        world = self.world
        left = [step for step in ("before", "endpoint", "after") if step in touched]
        self._taken_back_again = self.faults.back
        if self.faults.damaged:
            self._damage(old[0].endpoint)
        for tried_so_often in range(_CONTINUED):
            world.statuses[stack.arn] = "UPDATE_ROLLBACK_IN_PROGRESS"
            if tried_so_often == RIGHTS_BACK:
                # People see what holds it up, and put it right.
                self.faults.denied = self.faults.refused = ()
                world.refused.clear()
                world.fires.clear()
            self._deny()
            try:
                while left:
                    self._step_back(stack, left[0], old, tried, touched)
                    left.pop(0)
            except StepError as failed:
                world.statuses[stack.arn] = "UPDATE_ROLLBACK_FAILED"
                self.unanswered.append(str(failed))
                self._event(stack)
                world.sleep(1800)
                if self.faults.skip and left[0] != "before" and tried[0].endpoint == old[0].endpoint:
                    left, self.skipped = [], True
                elif "update it by hand" in str(failed):
                    self._by_hand(old[0].endpoint, old[1])
                continue
            finally:
                self._allow()
            break
        else:
            return Result(False, reason, stuck=True)
        stack.keep = old[2] if "endpoint" not in touched else stack.keep
        stack.tried, stack.behind, stack.moved = None, False, False
        world.statuses[stack.arn] = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        if tried[0].endpoint != old[0].endpoint:
            self._clean_up(stack, *tried)
        elif "new" in touched:
            self._remove(stack, "after", *tried)
            self._remove(stack, "before", *tried)
        if tried[1] != old[1]:
            self._delete_config(tried[1])
        world.drop_models(stack.models, old[0].variants())
        world.statuses[stack.arn] = "UPDATE_ROLLBACK_COMPLETE"
        self._event(stack)
        return Result(False, reason)

    def _by_hand(self, endpoint: str, config: str) -> None:
        """People do what the sentence says; SageMaker tells them which variants must not scale."""
        world = self.world
        world.settle(endpoint)
        before, after = world.named(world.endpoints[endpoint].config), world.named(config)
        for name in list(world.scaling.get(endpoint, {})):
            if name not in after or before.get(name, {}).get("InstanceType") != after[name]["InstanceType"]:
                del world.scaling[endpoint][name]
        world.update_endpoint(config, retain=True, endpoint=endpoint)
        world.settle(endpoint)

    def _step_back(
        self, stack: Stack, step: str, old: tuple[Code, str, str], tried: tuple[Code, str], touched: list[str]
    ) -> None:
        code, config, _ = old
        if step == "endpoint":
            if tried[0].endpoint != code.endpoint:
                self.world.owners.pop(tried[0].endpoint, None)
                self.world.owners[code.endpoint] = (stack.arn, "UPDATE_COMPLETE")
            if "before" not in touched:
                # The guard isn't asked where it is new or goes: the property is as it was.
                stack.keep = old[2]
            live = self.world.endpoints.get(code.endpoint)
            if (
                live is not None
                and tried[0].endpoint == code.endpoint
                and (live.config != config or live.status != "InService")
            ):
                self._update_endpoint(stack, code, config, back=True)
            return
        answer = self._ask(stack, "Update", step, code, config, tried)
        if step == "before" and "endpoint" in touched:
            stack.keep = answer["Data"]["KeepLiveCounts"]

    def _update_endpoint(self, stack: Stack, code: Code, config: str, *, back: bool) -> None:
        world, name = self.world, code.endpoint
        keep = stack.keep == "true"
        self.look("update", name, {"code": code, "config": config, "back": back, "stack": stack})
        if any(world.is_firing(alarm) for alarm in code.alarms) and (back or code.rollback is None):
            # SageMaker takes an update back for an alarm; of one that people have a reason for it is left out.
            world.next_update = f"the alarm {ALARM} fires"
        silent = False
        if back and self._taken_back_again:
            silent, self._taken_back_again = self._taken_back_again == "silent", ""
            world.next_update = "no capacity"
        self._service(lambda: world.update_endpoint(config, retain=keep, endpoint=name, seconds=self.faults.seconds))
        if self.faults.cancel and not back:
            world.sleep(self.faults.seconds * self.dice.random())
            self.faults.cancel = False
            raise StepError("the update was cancelled")
        if self.dice.random() < self.faults.events:
            self._event(stack)
        world.settle(name)
        self.look("settled", name, {"code": code, "config": config, "back": back, "stack": stack})
        if self.dice.random() < self.faults.events:
            self._event(stack)
        live = world.endpoints[name]
        if live.config != config and (self.faults.silent or (back and not silent) or not code.guarded):
            raise StepError(f"Endpoint: {live.reason}")

    def _clean_up(self, stack: Stack, code: Code, config: str) -> None:
        """What was replaced is removed last."""
        for step in ("after", "endpoint", "before"):
            self._remove(stack, step, code, config)

    def _deny(self) -> None:
        self.world.refused.update({name: denial(name) for name in self.faults.denied})

    def _allow(self) -> None:
        for name in {*self.faults.denied} - {*self.faults.refused}:
            self.world.refused.pop(name, None)

    def _remove(self, stack: Stack, step: str, code: Code, config: str) -> None:
        if step == "endpoint":
            if self.world.owners.get(code.endpoint, (stack.arn, ""))[0] == stack.arn:
                self.world.delete_endpoint(code.endpoint)
                self.world.owners[code.endpoint] = (stack.arn, "DELETE_COMPLETE")
            return
        try:
            self._ask(stack, "Delete", step, code, config)
        except StepError as failed:
            self.unanswered.append(f"a Delete failed: {failed}")

    def _ask(
        self, stack: Stack, kind: str, step: str, code: Code, config: str, old: tuple[Code, str] | None = None
    ) -> dict[str, Any]:
        self.number += 1
        event = {
            "RequestType": kind,
            "RequestId": f"request-{self.number}",
            "StackId": stack.arn,
            "LogicalResourceId": step,
            "ResponseURL": "https://nowhere.invalid/",
            "PhysicalResourceId": f"{code.endpoint}/{step}",
            "ResourceProperties": code.properties(step, config),
        }
        if old is not None:
            event["OldResourceProperties"] = old[0].properties(step, old[1])
        if self.dice.random() < self.faults.events:
            self._event(stack)
        if self.strays and self.dice.random() < self.faults.copies:
            self.deliver_strays()
        began = self.world.now
        answer = self._deliver(event)
        if self._taken_back is not None:
            self._late.clear()
            self._firsts.clear()
            raise OvertakenError
        if answer is None:
            raise StepError("the custom resource did not answer within an hour")
        out_of_time = self.world.now - began >= PATIENCE
        self._given_up = f"/shadow-test/{code.endpoint}/requests/{event['RequestId']}" if out_of_time else None
        self._copies(event, answer)
        firsts, self._firsts = self._firsts, []
        if any(one != answer for one in firsts):
            self.look("other answer", code.endpoint, {})
        late, self._late = self._late, []
        for one in late if not self._journal_is_missing() else ():
            self._copy(one, answer)
        self._given_up = None
        if answer["Status"] != "SUCCESS":
            raise StepError(answer["Reason"])
        return answer

    def _fail_last(self) -> None:
        if self.faults.fails_last:
            raise StepError("another resource failed")

    def _service(self, call: Callable[[], None]) -> None:
        try:
            call()
        except ClientError as refused:
            raise StepError(str(refused)) from None

    def _config(self, stack: Stack, code: Code) -> str:
        self.number += 1
        return self.world.make_config(f"config-{self.number}", self.world.name_models(stack.models, code.variants()))

    def _delete_config(self, name: str) -> None:
        if any(live.config == name for live in self.world.endpoints.values()):
            self.unanswered.append(f"the config {name} that serves was deleted")
        self.deleted[name] = self.world.configs.pop(name)

    def _event(self, stack: Stack) -> None:
        """EventBridge says that the stack, or an endpoint, changed."""
        code = stack.code if stack.tried is None else stack.tried[0]
        if code is None or not code.guarded:
            return
        event = {"source": "aws.cloudformation", "detail": {"EndpointName": code.endpoint}}
        refused = dict(self.world.refused)
        self.world.refused.update({name: denial(name) for name in self.faults.deaf})
        try:
            self._deliver_event(stack, event)
        finally:
            if self.faults.deaf:
                self.world.refused = refused

    def look_after(self, stack: Stack) -> None:
        """An hour later the guard looks for itself."""
        self._event(stack)

    def _deliver_event(self, stack: Stack, event: dict[str, Any]) -> None:
        # Lambda tries again for a while, and then drops the event (Lambda Developer Guide, asynchronous invocation).
        status = self.world.statuses[stack.arn] or ""
        for pause in (60, 120, None):
            try:
                on_event(event, self.world.clients(), Coarse(self.world))
                return
            except (ClientError, BotoCoreError, Refusal, TimeUpError, HandOverError):
                if pause is None or not status.endswith("_COMPLETE"):
                    return
            self.world.sleep(pause)

    def settle(self, stack: Stack) -> None:
        """Let time pass until the endpoint is InService; EventBridge says so."""
        code = stack.code
        live = None if code is None else self.world.endpoints.get(code.endpoint)
        if code is not None and live is not None and live.settles is not None:
            self.world.settle(code.endpoint)
            self._event(stack)

    # --- what Lambda does

    def _deliver(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Deliver an event asynchronously, until it is answered or CloudFormation gives up after an hour."""
        end, answers, tries = self.world.now + datetime.timedelta(hours=1), list[dict[str, Any]](), 0
        queue = [event]
        while queue and not answers and self.world.now < end:
            one = queue.pop(0)
            try:
                self._invoke(one, answers)
            except Killed:
                tries += 1
                self.world.sleep(60 * tries)
                if tries <= _RETRIES:
                    queue.append(one)
            queue += self.world.continuations
            self.world.continuations.clear()
        if answers:
            return answers[-1]
        self.world.sleep(max(0.0, (end - self.world.now).total_seconds()))
        return None

    def _invoke(self, event: dict[str, Any], answers: list[dict[str, Any]]) -> None:
        world, kill = self.world, self.faults.kill
        if kill is not None and kill[0] == self._invocation and not self._inside:
            world.last_call = kill[1:]
        slow = self.faults.slow
        self._calls_left = slow[1] if slow is not None and slow[0] == self._invocation and not self._inside else None
        self._invocation += 1
        world.throttle_all = 0
        self._current = event
        try:
            self._request(event, Coarse(world), answers)
        finally:
            world.last_call = None
            self._current = self._calls_left = None

    def _request(self, event: dict[str, Any], clock: Clock, answers: list[dict[str, Any]]) -> None:
        def send(_: str, body: bytes) -> None:
            answers.append(json.loads(body))

        on_request(event, self.world.clients, clock, send, self._gate, Asleep)

    def begin(self, faults: Faults) -> None:
        """Begin another deployment, in which other things go wrong."""
        self.faults, self._invocation, self._taken_back = faults, 0, None
        self.unanswered.clear()
        self.skipped = False
        self.world.throttles.clear()
        self.world.fires.clear()
        self.world.refused = {name: denial(name) for name in faults.refused}

    def end(self) -> None:
        """Nothing goes wrong any more."""
        self.faults = Faults()
        self.world.refused.clear()
        self.world.fires.clear()
        self.world.throttles.clear()

    def deliver_strays(self) -> None:
        """Copies that were delayed come now; those that are an hour old are dropped (the function's event age)."""
        strays, self.strays = self.strays, []
        for sent, event in () if self._journal_is_missing() else strays:
            if self.world.now - sent < datetime.timedelta(hours=1):
                self._copy(event, None)

    def _copies(self, event: dict[str, Any], answer: dict[str, Any]) -> None:
        if self._journal_is_missing():
            return
        without = {*self.faults.denied, *self.faults.refused}
        if event["RequestType"] == "Delete" and event["LogicalResourceId"] == "before" and without:
            # The last request of a stack is not remembered: once the rights are back, a copy does what is left.
            return
        if self.dice.random() < self.faults.copies:
            self._copy(event, answer)
        if self.dice.random() < self.faults.copies:
            self.strays.append((self.world.now, event))

    def _copy(self, event: dict[str, Any], answer: dict[str, Any] | None) -> None:
        """The same event once more: nothing changes, and the answer is the same."""
        quiet, self.scaled_by_itself = self.scaled_by_itself, 0.0
        inside, self._inside = self._inside, True
        self.look("copy", event["ResourceProperties"]["EndpointName"], {})
        answers: list[dict[str, Any]] = []
        self._request(event, Coarse(self.world), answers)
        self.world.continuations.clear()
        same = answer is None or answers == [answer]
        self.look("copied", event["ResourceProperties"]["EndpointName"], {"same": same})
        self.scaled_by_itself, self._inside = quiet, inside

    def _copy_within(self, event: dict[str, Any]) -> None:
        """The same event at the same time: it waits until the first one is done with."""
        if self._journal_is_missing():
            return
        kept = self.world.last_call, self.scaled_by_itself
        self.world.last_call, self.scaled_by_itself, self._inside = None, 0.0, True
        name = event["ResourceProperties"]["EndpointName"]
        answers: list[dict[str, Any]] = []
        # Where nobody is at it yet, or whoever was has died or waits for this very continuation, this one may be the
        # first, and do the work until it waits.
        lock = self.world.parameters.get(lock_name(name))
        hold = None if lock is None else Hold.from_json(json.loads(lock[-1]))
        held = (
            hold is not None and hold.until > self.world.now and hold.token != event.get("Continued", {}).get("token")
        )
        self.look("copy", name, {})
        try:
            self._request(event, Impatient(self.world), answers)
        except Suspended:
            self._late.append(event)
            if held:
                self.look("copied", name, {"same": True})
        # One that came first has done the work, and its answer is the one that the other must give.
        self._firsts += answers
        (self.world.last_call, self.scaled_by_itself), self._inside = kept, False

    def _journal_is_missing(self) -> bool:
        # Without its journal the guard can't know a copy: also where a request's time was over, and its answer could
        # not be written down in what was left.
        if self._given_up is not None and self._given_up not in self.world.parameters:
            return True
        return bool({"get_parameter", "put_parameter"} & {*self.faults.denied, *self.faults.refused})

    def _watched(self, operation: str) -> None:
        self.calls += 1
        if self._inside:
            return
        if self._calls_left is not None:
            self._calls_left -= 1
            if self._calls_left == 0:
                self._be_overtaken()
        if self._current is not None and self.faults.copies and self.dice.random() < _COPIED_WITHIN:
            self._copy_within(self._current)
        if self.scaled_by_itself and self.dice.random() < self.scaled_by_itself:
            self.scale_by_itself()
        if self.faults.throttled:
            # An event that Lambda takes no longer can't be gone on with; what is lost then is in docs/limits.md.
            most = min(5, self.faults.throttled) if operation == "invoke" else self.faults.throttled
            times = self.world.throttles.setdefault(operation, most)
            if times == 0 and operation != "invoke" and self.dice.random() < 0.02:
                self.world.throttles[operation] = most

    def _be_overtaken(self) -> None:
        """While a call is on its way, the deployment that it is part of is taken back to its end."""
        going = self._current is not None and self._current["RequestType"] == "Update"
        if self._take_back is None or not going or "Continued" in (self._current or {}):
            return
        taking_back, self._take_back = self._take_back, None
        kept = self._current, self.world.last_call, self.faults, self._late, self._firsts
        self.world.last_call, self.faults, self._late, self._firsts = None, Faults(), [], []
        self.world.next_update = "done"
        self.world.sleep(self.dice.choice((80, 120, 400)))
        # The endpoint's own update, if there is one, is over by then.
        self.world.settle()
        self._taken_back = taking_back()
        self._current, self.world.last_call, self.faults, self._late, self._firsts = kept

    def _gate(
        self, live: LiveEndpoint, policy: GatePolicy, promoted: Instances | None, now: datetime.datetime
    ) -> Verdict:
        del live, policy, promoted, now
        return verdict(self.outcome)

    def _damage(self, endpoint: str) -> None:
        names = [name for name in self.world.parameters if name.startswith(f"/shadow-test/{endpoint}/")]
        records = [name for name in names if "/history" not in name and "/lock" not in name and "/requests" not in name]
        for name in records:
            if self.dice.random() < 0.6:
                self.world.parameters[name] = ["{damaged"] if self.dice.random() < 0.5 else ['{"stack": 1}']


def denial(operation: str) -> ClientError:
    """What AWS says who lacks a right."""
    return aws_error("AccessDeniedException", "not authorized", operation)
