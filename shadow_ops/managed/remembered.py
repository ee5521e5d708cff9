"""What a promotion leaves on record: in the endpoint's history, or for its stack, why it may be."""

from __future__ import annotations

import datetime
from dataclasses import replace

from shadow_ops.aws import giving_reasons, reasons
from shadow_ops.aws.boto import Client
from shadow_ops.aws.history import Entry, add_entry
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.contract.reasons import Reason
from shadow_ops.managed.promotion import COUNTS
from shadow_ops.managed.steps import Seen

# As long as what the guard keeps of a verdict.
_LONGEST = 1000


def put(ssm: Client, seen: Seen, why: str, *, by: str, now: datetime.datetime) -> None:
    """Put on record that the tested model may be promoted beside what serves now, and for nothing else.

    Raises:
        CannotTellError: If somebody else did so at the very same moment.
        ClientError: If a call is refused.
    """
    experiment = seen.experiment
    made = Reason(
        id=f"promotion-{now:%Y%m%dT%H%M%S%f}",
        purpose="promotion",
        text=why[:_LONGEST],
        by=by,
        at=now,
        expires=now + COUNTS,
        config=seen.live.config.name,
        subject=experiment.shadow.model,
        version=experiment.shadow.model if seen.versions is None else seen.versions[1],
    )
    try:
        giving_reasons.put(ssm, seen.live.name, made)
    except reasons.ReasonGoneError as error:
        raise CannotTellError(str(error)) from None


def with_right(ssm: Client, seen: Seen, now: datetime.datetime) -> Seen:
    """What was seen, with what on record lets the endpoint's stack promote the candidate beside what serves.

    Raises:
        ClientError: If a call is refused.
    """
    given = {"purpose": "promotion", "config": seen.live.config.name, "subject": seen.experiment.shadow.model}
    found, _ = reasons.readable(ssm, seen.live.name)
    return replace(seen, right=next((one for one in found if one.void_because(**given, now=now) is None), None))


def withdraw(ssm: Client, seen: Seen, right: Reason) -> None:
    """Take that off the record.

    Raises:
        CannotTellError: If a deployment has taken it at this very moment.
        ClientError: If a call is refused.
    """
    if not giving_reasons.withdraw(ssm, seen.live.name, right):
        raise CannotTellError(
            f"a deployment promotes {seen.experiment.shadow.model} at this very moment, by what was on record: "
            f"shadow-test status {seen.live.name}"
        )


def remember(
    ssm: Client,
    seen: Seen,
    because: str | None,
    served: str | None,
    *,
    by: str,
    now: datetime.datetime,
) -> None:
    """Put a promotion by SageMaker, or by an update after the test, into the endpoint's history, once.

    Raises:
        ClientError: If a call is refused.
    """
    experiment, on = seen.experiment, seen.live.production[0]
    before, after = seen.versions or (experiment.production.model, experiment.shadow.model)
    # What served before is known of SageMaker's own promotion, and to whoever has updated the endpoint.
    run = experiment.config if on.name == experiment.shadow.name else None
    entry = Entry(
        id=f"managed-{experiment.name}",
        kind="promotion",
        at=now,
        by=by,
        stack="",
        from_version=before,
        from_model=experiment.production.model,
        from_config=served or run or "",
        from_variant=experiment.production.name,
        to_version=after,
        to_model=experiment.shadow.model,
        to_config=seen.live.config.name,
        to_variant=on.name,
        from_type=experiment.production.instances.instance_type,
        to_type=on.instance_type,
        gate=None if because is None else because[:_LONGEST],
    )
    add_entry(ssm, seen.live.name, entry)
