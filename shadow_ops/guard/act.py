"""Carry out what was decided: the one place where the guard writes. Each step may be done twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shadow_ops.aws import history, parameters, reasons, records
from shadow_ops.aws.endpoint import describe
from shadow_ops.aws.errors import error_code
from shadow_ops.aws.parameters import RecordTooLargeError
from shadow_ops.aws.reasons import ReasonGoneError
from shadow_ops.aws.scaling import Scaling
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard import decision
from shadow_ops.guard.clients import Clients, is_passing
from shadow_ops.guard.decision import Step, UseReason
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.seen import variants

LOG = logging.getLogger(__name__)


@dataclass
class Actor:
    """Carries steps out for one endpoint and one stack.

    Attributes:
        clients: The services.
        endpoint: The endpoint's name.
        stack: ARN of the stack that the records are of.
        live: Called before each step, and after all: a sign of life. What it raises ends the work.
        failed: What went wrong where steps go on regardless, by the variant that it is about ('' for none).
        unrecorded: Whether a record could not be written.
        surplus: What should have stopped to scale, and goes on (`Pending.surplus`).
        vital: What went wrong without which the update can't go on.
        last: The step that was begun last.
        passing: Whether something of it may go well if it is tried again.
        left: What people have to do, a sentence each.
        recorded: What was put on record, by variant.
    """

    clients: Clients
    endpoint: str
    stack: str
    live: Callable[[], None] = lambda: None
    failed: dict[str, str] = field(default_factory=dict)
    unrecorded: bool = False
    surplus: list[str] = field(default_factory=list)
    vital: list[str] = field(default_factory=list)
    last: Step | None = None
    passing: bool = False
    left: list[str] = field(default_factory=list)
    recorded: dict[str, Scaled] = field(default_factory=dict)

    def run(self, steps: tuple[Step, ...], *, regardless: bool) -> tuple[str, ...]:
        """Carry the steps out, in order.

        Args:
            steps: The steps.
            regardless: Whether one that fails is noted and the rest done all the same.

        Returns:
            What failed, and what people have to do, a sentence each.

        Raises:
            Refusal: If a step can't be done, and why.
            ClientError: If a call is refused.
        """
        for step in steps:
            self.live()
            self.last = step
            try:
                self._do(step)
            except (ClientError, BotoCoreError, Refusal, ValueError, TypeError, LookupError) as error:
                # The last three are of a record that holds something else than what was written.
                if not regardless:
                    raise
                LOG.exception("going on regardless")
                self.passing = self.passing or (isinstance(error, ClientError) and is_passing(error))
                self.unrecorded = self.unrecorded or isinstance(
                    step, decision.RecordScaling | decision.SaveRecord | decision.Close
                )
                if isinstance(step, decision.Deregister) and step.vital:
                    self.vital.append(f"{step.variant}: {error}"[:300])
                elif isinstance(step, decision.Deregister):
                    self.surplus.append(step.variant)
                elif isinstance(step, decision.Trim):
                    self.surplus += [f"{step.live.variant}/policies/{name}" for name in step.policies]
                    self.surplus += [f"{step.live.variant}/schedules/{name}" for name in step.schedules]
                self.failed[_variant_of(step)] = f"{type(step).__name__}: {error}"[:300]
        self.live()
        return (*self.failed.values(), *self.left)

    def run_alone(self, steps: tuple[Step, ...], refused: str | None) -> dict[str, Any]:
        """Do all that can be done for an event; the record is closed if all was, else it stays open for the next one.

        Args:
            steps: The steps.
            refused: What could not be read, a sentence; then they leave the record open themselves.

        Returns:
            An answer, for nobody.

        Raises:
            Refusal: If something could not be read or done.
            ClientError: If the record can't be written.
        """
        if refused is not None:
            self.run(steps, regardless=True)
            raise Refusal(refused)
        self.run(tuple(one for one in steps if isinstance(one, decision.SaveRecord)), regardless=False)
        self.run(
            tuple(one for one in steps if not isinstance(one, decision.SaveRecord | decision.Close)), regardless=True
        )
        if self.failed:
            # What is left to people no event will ever do: that goes into the record, which is closed.
            raise Refusal("; ".join(self.failed.values()))
        self.run(tuple(one for one in steps if isinstance(one, decision.Close)), regardless=False)
        return {}

    def give_back(self, used: UseReason) -> str:
        """Put a reason on record as it was, if this request has it; what to say, if that can't be done."""
        try:
            reasons.give_back(self.clients.ssm, self.endpoint, used.id, used.request)
        except (ClientError, BotoCoreError) as error:
            LOG.exception("a reason stays used")
            return f"; the reason on record counts as used by this deployment, put one on record again ({error})"
        return ""

    def _do(self, step: Step) -> None:
        ssm, scaling = self.clients.ssm, Scaling(self.clients, self.endpoint)
        match step:
            case decision.RecordScaling(scaled):
                self._record(scaled)
            case decision.UseReason(reason_id, request):
                try:
                    reasons.use(ssm, self.endpoint, reason_id, request)
                except ReasonGoneError as error:
                    raise Refusal(
                        f"the reason on record for {self.endpoint} doesn't count: {error}; nothing was touched, "
                        "put one on record again (shadow-test override), then deploy again"
                    ) from None
            case decision.SaveRecord(record):
                records.save_pending(ssm, self.endpoint, record)
            case decision.Close(record):
                open_still = tuple(name for name in self.failed if name)
                record = replace(record, lost=(*record.lost, *self.left))
                if self.failed:
                    lost = (*record.lost, *self.failed.values())
                    taken = tuple(dict.fromkeys((*record.taken, *open_still)))
                    record = replace(record, done=False, taken=taken, lost=lost, surplus=tuple(self.surplus))
                records.save_pending(ssm, self.endpoint, record)
            case decision.Deregister(variant, recorded, _, seen, kept):
                if recorded and self.unrecorded:
                    raise Refusal(f"how {variant} scales can't be put on record, so it is left as it is")
                if seen and kept and (now := scaling.read([variant]).get(variant, seen)) != seen:
                    self._record(now.back_to(kept, seen))
                scaling.deregister(variant)
            case decision.Scale(wanted, live, unrecorded):
                if self.unrecorded or not unrecorded:
                    self.left += scaling.put(wanted, live)
            case decision.Prove(live):
                proven = scaling.prove(one.variant for one in live)
                for one in live:
                    if (now := proven.get(one.variant, one)) != one:
                        # What is on record alone, because a guard that died had taken it away, stays there.
                        self._record(now.over(self.recorded[one.variant].without(one)))
            case decision.Trim(live, policies, schedules):
                scaling.remove(live.variant, live, policies, schedules)
            case decision.SetCounts(counts):
                self._set_counts(counts)
            case decision.RememberKeep(keeps):
                records.save_keeps(ssm, self.endpoint, keeps, self.stack)
            case decision.AddEntry(entry):
                history.add_entry(ssm, self.endpoint, entry)
            case decision.UndoEntry(entry_id, at, there):
                history.undo_entry(ssm, self.endpoint, entry_id, at, there=there)
            case decision.Forget(names):
                parameters.remove(ssm, names)

    def _record(self, scaled: Scaled) -> None:
        self.recorded[scaled.variant] = scaled
        try:
            records.save_scaling(self.clients.ssm, self.endpoint, scaled.variant, scaled.to_json(), self.stack)
        except RecordTooLargeError as error:
            raise Refusal(
                f"the scaling of {self.endpoint}'s variant {scaled.variant} can't be recorded, so it could not "
                f"be restored ({error}); remove some of its {len(scaled.policies)} policies and "
                f"{len(scaled.schedules)} scheduled actions, then deploy again"
            ) from None

    def _set_counts(self, counts: Mapping[str, tuple[int, int]]) -> None:
        LOG.info("%s: instances, from and to: %s", self.endpoint, dict(counts))
        wanted = list(self._still_wanted(counts))
        if not wanted:
            return
        try:
            self.clients.sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=self.endpoint, DesiredWeightsAndCapacities=wanted
            )
        except ClientError as error:
            if error_code(error) != "ValidationException":
                raise
            if not list(self._still_wanted(counts)):
                # Its answer was lost, and it was sent again.
                return
            said = ", ".join(f"{name} has {has} and should have {count}" for name, (has, count) in counts.items())
            raise Refusal(
                f"the instances of {self.endpoint} are not what they should be after the update ({said}), but "
                f"SageMaker refuses to change that ({error.response['Error']['Message']})"
            ) from None

    def _still_wanted(self, counts: Mapping[str, tuple[int, int]]) -> Iterator[dict[str, Any]]:
        """The counts that are wanted still: what is there, or what scaling has raised meanwhile, is left alone."""
        live = describe(self.clients.sagemaker, self.endpoint)
        now = {} if live is None else {one.name: one.desired_count for one in variants(live)}
        for name, (before, count) in counts.items():
            if now.get(name) == count or (count > before and (now.get(name) or 0) > count):
                continue
            yield {"VariantName": name, "DesiredInstanceCount": count}


def _variant_of(step: Step) -> str:
    match step:
        case decision.Scale(wanted):
            return wanted.variant
        case _:
            return ""
