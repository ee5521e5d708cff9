"""What a reason that is put on record now can be for: the shadow that is tested, or the promotion that stands."""

from __future__ import annotations

import datetime

from shadow_ops.aws.clients import Clients
from shadow_ops.aws.history import history, since
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.contract.reasons import Purpose, Reason
from shadow_ops.guard.change import standing
from shadow_ops.observe.deployed import Deployed, find


def reason_for(
    clients: Clients, endpoint: str, purpose: Purpose, text: str, now: datetime.datetime, expires: datetime.datetime
) -> Reason:
    """A reason for what is on an endpoint now, by whoever calls.

    Raises:
        CannotTellError: If nothing is there that it could be for, or no guard would ask for it.
        ClientError: If a call is refused.
    """
    found = find(clients, endpoint)
    declared = found.declared
    if declared is None or declared.guard_off is not None:
        why = "was not deployed by this library" if declared is None else "has no guard (Guard.off)"
        raise CannotTellError(f"{endpoint} {why}: nobody would ask for the reason, so none is put on record")
    subject, version = _candidate(found) if purpose == "promotion" else _promotion(clients, found)
    return Reason(
        id=f"{purpose}-{now:%Y%m%dT%H%M%S%f}",
        purpose=purpose,
        text=text.strip(),
        by=str(clients.sts.get_caller_identity()["Arn"]),
        at=now,
        expires=expires,
        config=found.live.config.name,
        subject=subject,
        version=version,
    )


def _candidate(found: Deployed) -> tuple[str, str]:
    live, declared = found.live, found.declared
    if live.shadow is None or live.shadow.model_name is None:
        raise CannotTellError(
            f"no shadow test is running on {live.name}: there is nothing to promote; deploy its ShadowTestStack first"
        )
    shadow = None if declared is None else declared.shadow
    return live.shadow.model_name, live.shadow.model_name if shadow is None else shadow.version


def _promotion(clients: Clients, found: Deployed) -> tuple[str, str]:
    """The last promotion that stands on this endpoint: what it promoted may have been made anew since."""
    left = standing(since(history(clients.ssm, found.live.name), found.live.created))
    if not left:
        raise CannotTellError(
            f"no promotion stands on {found.live.name} that could be rolled back; "
            f"`shadow-test history {found.live.name}` shows what was promoted"
        )
    return left[-1].id, left[-1].from_version or str(left[-1].from_model)
