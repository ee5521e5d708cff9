"""Reasons on record in Parameter Store, each used at most once.

- ``…/reasons/<id>``: the reason. It is made once and never changed.
- ``…/reasons/<id>.used``: which deployment took it. It is made once: of all that try, one succeeds.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from shadow_ops.aws import parameters
from shadow_ops.contract.reasons import Reason, reasons_path

_USED = ".used"
# CloudFormation's request may come again for as long; the reason that it has used must be known until then.
_KEPT = datetime.timedelta(days=1)


class ReasonGoneError(Exception):
    """A reason can't be taken: another deployment has it, or somebody withdrew it."""


def on_record(ssm: Any, endpoint: str) -> tuple[Reason, ...]:  # noqa: ANN401 - a boto3 client
    """The reasons of an endpoint, the oldest first; those that were used or have expired too.

    Raises:
        DamagedRecordError: If one can't be read.
        ClientError: If a call is refused.
    """
    found, damaged = readable(ssm, endpoint)
    for one in damaged:
        raise parameters.DamagedRecordError(one)
    return found


def readable(ssm: Any, endpoint: str) -> tuple[tuple[Reason, ...], tuple[str, ...]]:  # noqa: ANN401 - a boto3 client
    """The reasons that can be read, as `on_record` has them, and a sentence about each that can't.

    Raises:
        ClientError: If a call is refused.
    """
    base = f"{reasons_path(endpoint)}/"
    found = {name.removeprefix(base): text for name, text in parameters.under(ssm, base.rstrip("/")).items()}
    reasons, damaged = [], []
    for name, text in found.items():
        if name.endswith(_USED):
            continue
        try:
            reason = Reason.from_json(parameters.unpack(text))
        except ValueError as error:
            damaged.append(f"the parameter {base}{name}: {error}")
            continue
        used = found.get(f"{name}{_USED}")
        reasons.append(replace(reason, id=name, used=None if used is None else _user(used)))
    return tuple(sorted(reasons, key=lambda one: one.at)), tuple(damaged)


def put(ssm: Any, endpoint: str, reason: Reason) -> None:  # noqa: ANN401 - a boto3 client
    """Put a reason on record, in the place of those for the same purpose that nobody used; what is long over goes.

    Raises:
        ReasonGoneError: If somebody else did so at the very same moment.
        ClientError: If a call is refused.
    """
    base = reasons_path(endpoint)
    before, _ = readable(ssm, endpoint)
    if not parameters.make(ssm, f"{base}/{reason.id}", reason.to_json()):
        raise ReasonGoneError("somebody put a reason on record at this very moment; look at it, then try again")
    old = [one for one in before if one.purpose == reason.purpose and one.used is None]
    old += [one for one in before if one.used is not None and reason.at - one.expires > _KEPT]
    parameters.remove(ssm, [f"{base}/{one.id}{end}" for one in old for end in ("", _USED)])


def use(ssm: Any, endpoint: str, reason_id: str, request: str) -> None:  # noqa: ANN401 - a boto3 client
    """Take a reason for a request of CloudFormation; the same request may do so again.

    Raises:
        ReasonGoneError: If another request has it, or it was withdrawn.
        ClientError: If a call is refused.
    """
    name = f"{reasons_path(endpoint)}/{reason_id}"
    if not parameters.make(ssm, f"{name}{_USED}", {"request": request}):
        text = parameters.text_of(ssm, f"{name}{_USED}")
        if text is None or _user(text) != request:
            raise ReasonGoneError("another deployment has used it meanwhile")
    if parameters.text_of(ssm, name) is None:
        parameters.remove(ssm, [f"{name}{_USED}"])
        raise ReasonGoneError("it was withdrawn meanwhile")


def withdraw(ssm: Any, endpoint: str, reason: Reason) -> bool:  # noqa: ANN401 - a boto3 client
    """Take a reason off the record.

    Returns:
        Whether nobody has used it before.

    Raises:
        ClientError: If a call is refused.
    """
    name = f"{reasons_path(endpoint)}/{reason.id}"
    parameters.remove(ssm, [name])
    return parameters.text_of(ssm, f"{name}{_USED}") is None


def _user(text: str) -> str:
    """Which request has used a reason. What can't be read was used all the same."""
    try:
        return str(parameters.unpack(text).get("request", "unknown"))
    except parameters.DamagedRecordError:
        return "unknown"
