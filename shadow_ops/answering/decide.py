"""What a verdict means for an approval that waits, and what serves for a stage that is to be entered."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from shadow_ops.contract.approvals import LONGEST_SUMMARY, Approval, Entry, served
from shadow_ops.contract.declared import Declared
from shadow_ops.contract.problems import harmless
from shadow_ops.contract.reasons import Reason
from shadow_ops.contract.watched import EVENT_VERSION, VERDICT_VALUES

# Two clocks of AWS differ by less.
_SKEW = datetime.timedelta(minutes=5)


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
    def from_event(cls, event: Mapping[str, Any], now: datetime.datetime) -> Self:
        """Read an event: whoever may put events on the bus may send anything.

        Args:
            event: As the rule hands it over.
            now: The time; no look was made after it.

        Raises:
            ValueError: If it has not the shape of a watch's event; one of a newer format may have any other.
        """
        detail = event.get("detail")
        version = detail.get("version") if isinstance(detail, Mapping) else None
        if not isinstance(detail, Mapping) or type(version) is not int or version < 1:
            raise ValueError("its detail has no number of its format")
        _check_text(event, "account")
        _check_text(event, "region")
        if version <= EVENT_VERSION:
            for name in ("endpoint", "endpointConfig", "at", "verdict", "reason", "since"):
                _check_text(detail, name)
            if detail["verdict"] not in VERDICT_VALUES:
                raise ValueError(f"its verdict is none of {', '.join(VERDICT_VALUES)}")
            _time_in(detail, "since")
            if _time_in(detail, "at") > now + _SKEW:
                raise ValueError("its time 'at' is still to come")
            override = detail.get("override")
            if isinstance(override, Mapping):
                _check_text(override, "by")
                _check_text(override, "reason")
            elif override is not None:
                raise ValueError("its 'override' is no table")
        return cls(account=event["account"], region=event["region"], detail=detail)


def _check_text(table: Mapping[str, Any], name: str) -> None:
    text = table.get(name)
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"its {name!r} is no text")


def _time_in(detail: Mapping[str, Any], name: str) -> datetime.datetime:
    at = datetime.datetime.fromisoformat(detail[name])
    if at.tzinfo is None:
        raise ValueError(f"its time {name!r} has no offset")
    return at


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


def answer(
    heard: Heard, pending: Pending, on_record: Callable[[], Sequence[Reason]], now: datetime.datetime
) -> Answer | str:
    """What a verdict answers.

    Args:
        heard: The verdict.
        pending: The approval.
        on_record: Looks at what people put on record for the endpoint. Only asked where the event tells of a reason.
        now: The time.

    Returns:
        The answer; a sentence if it answers nothing: it is about something else, is older than the approval, tells of a
        reason that isn't on record, or there is no verdict yet.
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
    if detail["verdict"] == "PASS":
        return Answer("Approved", _short(said))
    if detail.get("override") is not None:
        # An event can tell of anything: what is on record counts, in its own words.
        for one in reversed(on_record()):
            void = one.void_because(purpose="promotion", config=asked.config, subject=one.subject, now=now)
            if void is None:
                return Answer("Approved", _short(f"overruled by {one.by}: {one.text} ({said})"))
        return "it tells of a reason to promote, and none that counts for this config is on record"
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
