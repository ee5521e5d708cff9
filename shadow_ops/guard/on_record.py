"""Which reason on record lets a deployment through. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.contract.reasons import Reason
from shadow_ops.guard.change import Change
from shadow_ops.guard.decision import Step, UseReason
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, Unread


@dataclass(frozen=True)
class Why:
    """A person's reason for a deployment.

    Attributes:
        text: The reason. None if there is none.
        record: Where it lies on record; None if it came with the deployment, or there is none.
        void: Why what is on record doesn't count, to be said with a refusal. Empty where nothing is.
    """

    text: str | None = None
    record: Reason | None = None
    void: str = ""

    @property
    def by(self) -> str | None:
        """Who put it on record; None where nobody did."""
        return None if self.record is None else self.record.by

    def taken(self, request: Request) -> Iterator[Step]:
        """The step that takes it off the record, where it lies there; it comes before all others."""
        if self.record is not None:
            yield UseReason(self.record.id, request.id)


def why(request: Request, seen: Seen, live: LiveEndpoint, change: Change) -> Why:
    """The reason for a promotion or its rollback: of the deployment itself, else of the record."""
    given = request.asked.rollback if change.kind == "rollback" else request.asked.override
    if given is not None or change.kind == "change":
        return Why(given)
    if isinstance(seen.reasons, Unread):
        return Why(void=f"; {seen.reasons.why}")
    void = ""
    for one in reversed(seen.reasons):
        because = one.void_because(
            purpose=change.kind, config=live.config.name, subject=change.subject, now=seen.now, request=request.id
        )
        if because is None:
            return Why(one.text, one)
        if one.purpose == change.kind:
            void = void or f"; the reason on record ({one.by}) {because}"
    return Why(void=void)


def refuse_demotion(request: Request, change: Change, reason: Why) -> None:
    """Refuse to take a promotion back that nobody gave a reason for.

    Raises:
        Refusal: With what serves, since when, and both ways on.
    """
    since, asked = change.since, request.asked
    if change.kind != "rollback" or since is None or reason.text is not None:
        return
    serves = "a variant without a model" if change.left.model is None else f"the model {change.left.model}"
    left, came_to = since.from_version or since.from_model, since.to_version
    keep = f"make {change.left.version or change.left.model} the production model in the code"
    if since.of_hardware:
        before, on = since.spoken
        left, came_to, keep = f"{left} on {before}", f"{came_to} on {on}", f"have it on {on} in the code"
    came = change.came.version or since.from_version or change.came.model
    by_record = f'in a pipeline: shadow-test override {asked.endpoint} --for rollback --reason "..."'
    if not change.is_last:
        by_record = "a reason on record is for the last promotion that stands, and this is an earlier one"
    raise Refusal(
        f"{asked.endpoint} serves {serves}; a promotion by {since.by} on {since.at:%Y-%m-%d %H:%M} UTC replaced "
        f"{left} with {came_to}, and this deployment would bring {came} back; "
        f'to go back deploy with -c rollback="reason" ({by_record}), '
        f"to keep what serves {keep}{reason.void}"
    )
