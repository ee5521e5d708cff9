"""What a verdict means for an approval that waits, and what serves for a stage that is to be entered. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from shadow_ops.contract.approvals import LONGEST_SUMMARY, Approval, Entry, served
from shadow_ops.contract.declared import Declared
from shadow_ops.contract.problems import harmless
from shadow_ops.contract.reasons import Reason
from shadow_ops.contract.watched import EVENT_VERSION


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A verdict of a watch.

    Attributes:
        account: Where it comes from.
        region: Likewise.
        detail: The event's.
    """

    account: str
    region: str
    detail: Mapping[str, Any]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read an event: whoever may put events on the bus may send anything.

        Raises:
            ValueError: If it has not the shape of a watch's event; one of a newer format may have any other.
        """
        detail = event.get("detail")
        version = detail.get("version") if isinstance(detail, Mapping) else None
        if not isinstance(detail, Mapping) or type(version) is not int:
            raise ValueError("its detail has no number of its format")
        if version <= EVENT_VERSION:
            for name in ("endpoint", "endpointConfig", "at", "verdict", "reason", "since"):
                _check_text(detail, name)
            if datetime.datetime.fromisoformat(detail["at"]).tzinfo is None:
                raise ValueError("its time 'at' has no offset")
            override = detail.get("override")
            if isinstance(override, Mapping):
                _check_text(override, "by")
                _check_text(override, "reason")
            elif override is not None:
                raise ValueError("its 'override' is no table")
        return cls(account=event["account"], region=event["region"], detail=detail)


def _check_text(table: Mapping[str, Any], name: str) -> None:
    if not isinstance(table.get(name), str):
        raise ValueError(f"its {name!r} is no text")


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An approval that waits.

    Attributes:
        stage: Its stage.
        action: Its name.
        token: Whoever answers must name it.
        since: Since when it waits.
        approval: What it waits for.
    """

    stage: str
    action: str
    token: str
    since: datetime.datetime
    approval: Approval


@dataclass(frozen=True)
class Answer:
    """An approval's answer.

    Attributes:
        status: ``Approved`` or ``Rejected``.
        summary: Why.
    """

    status: str
    summary: str


def answer(heard: Heard, pending: Pending) -> Answer | str:
    """What a verdict answers.

    Returns:
        The answer; a sentence if it answers nothing: it is about something else, is older than the approval, or there
        is no verdict yet.
    """
    detail, asked = heard.detail, pending.approval
    if detail["version"] > EVENT_VERSION:
        return f"the event is of format {detail['version']}, this release knows {EVENT_VERSION}: deploy a newer one"
    if (heard.account, heard.region, detail["endpoint"]) != (asked.account, asked.region, asked.endpoint):
        return "it is about another endpoint"
    if detail["endpointConfig"] != asked.config:
        return f"it judges {detail['endpointConfig']}, and this execution deployed {asked.config}"
    # Only the look itself says when it was: an event may have been under way for a while.
    if datetime.datetime.fromisoformat(detail["at"]) <= pending.since:
        return "it is older than the approval"
    said = f"{detail['verdict']} since {detail['since'][:16]} UTC: {detail['reason']}"
    override = detail.get("override")
    if detail["verdict"] == "PASS":
        return Answer("Approved", _short(said))
    if override is not None:
        return Answer("Approved", _short(f"overruled by {override['by']}: {override['reason']} ({said})"))
    if detail["verdict"] == "FAIL":
        return Answer("Rejected", _short(said))
    return "there is no verdict yet"


def skip_because(
    entry: Entry, declared: Declared | None, reasons: Sequence[Reason], now: datetime.datetime
) -> str | None:
    """Why a stage has nothing to do: what its test would promote serves already.

    Args:
        entry: What the stage asks.
        declared: What the endpoint's stack says; None if there is no such endpoint.
        reasons: What is on record for it.
        now: The time.

    Returns:
        A sentence; None if the stage is to be entered, which a rollback on record demands in any case.
    """
    if declared is None or declared.shadow is not None or served(declared.production) != entry.production:
        return None
    if any(one.purpose == "rollback" and one.used is None and now < one.expires for one in reasons):
        return None
    versions = ", ".join(version for _, version, _ in entry.production)
    return f"{versions} already serves on {entry.endpoint}"


def _short(text: str) -> str:
    return harmless(" ".join(text.split()), LONGEST_SUMMARY)
