"""Reasons on record in Parameter Store, each used at most once.

- ``…/reasons/<id>``: the reason. It is made once and never changed.
- ``…/reasons/<id>.used``: which deployment took it. It is made once: of all that try, one succeeds.
"""

from __future__ import annotations

from dataclasses import replace

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client
from shadow_ops.contract.reasons import Reason, reasons_path

USED = ".used"


class ReasonGoneError(Exception):
    """A reason can't be taken: another deployment has it, or somebody withdrew it."""


def on_record(ssm: Client, endpoint: str) -> tuple[Reason, ...]:
    """The reasons of an endpoint, the oldest first; those that were used or have expired too.

    Raises:
        DamagedRecordError: If one can't be read.
        ClientError: If a call is refused.
    """
    found, damaged = readable(ssm, endpoint)
    for one in damaged:
        raise parameters.DamagedRecordError(one)
    return found


def readable(ssm: Client, endpoint: str) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
    """The reasons that can be read, as `on_record` has them, and a sentence about each that can't.

    Raises:
        ClientError: If a call is refused.
    """
    base = f"{reasons_path(endpoint)}/"
    found = {name.removeprefix(base): text for name, text in parameters.under(ssm, base.rstrip("/")).items()}
    reasons, damaged = [], []
    for name, text in found.items():
        if name.endswith(USED):
            continue
        try:
            reason = Reason.from_json(parameters.unpack(text))
        except ValueError as error:
            damaged.append(f"the parameter {base}{name}: {error}")
            continue
        used = found.get(f"{name}{USED}")
        reasons.append(replace(reason, id=name, used=None if used is None else _user(used)))
    return tuple(sorted(reasons, key=lambda one: one.at)), tuple(damaged)


def use(ssm: Client, endpoint: str, reason_id: str, request: str) -> None:
    """Take a reason for a request of CloudFormation; the same request may do so again.

    Raises:
        ReasonGoneError: If another request has it, or it was withdrawn.
        ClientError: If a call is refused.
    """
    name = f"{reasons_path(endpoint)}/{reason_id}"
    if not parameters.make(ssm, f"{name}{USED}", {"request": request}):
        text = parameters.text_of(ssm, f"{name}{USED}")
        if text is None or _user(text) != request:
            raise ReasonGoneError("another deployment has used it meanwhile")
    if parameters.text_of(ssm, name) is None:
        parameters.remove(ssm, [f"{name}{USED}"])
        raise ReasonGoneError("it was withdrawn meanwhile")


def give_back(ssm: Client, endpoint: str, reason_id: str, request: str) -> None:
    """Undo `use`: what the request was for was refused all the same. What another request has stays as it is.

    Raises:
        ClientError: If a call is refused.
    """
    name = f"{reasons_path(endpoint)}/{reason_id}{USED}"
    text = parameters.text_of(ssm, name)
    if text is not None and _user(text) == request:
        parameters.remove(ssm, [name])


def _user(text: str) -> str:
    """Which request has used a reason. What can't be read was used all the same."""
    try:
        return str(parameters.unpack(text).get("request", "unknown"))
    except parameters.DamagedRecordError:
        return "unknown"
