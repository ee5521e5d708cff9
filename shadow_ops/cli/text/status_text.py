"""The status of an endpoint, for people and as JSON."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

from shadow_ops.aws.endpoint import LiveVariant
from shadow_ops.aws.history import Entry
from shadow_ops.cli import harmless, output
from shadow_ops.cli.durations import spoken
from shadow_ops.contract.declared import settings_name
from shadow_ops.contract.sentences import LOST
from shadow_ops.observe import tested
from shadow_ops.observe.status import Observed, age, variants

_ALARM_COLOURS = {"OK": "green", "ALARM": "red", "MISSING": "red"}
_HEADER = ("variant", "role", "model", "SageMaker model", "instances", "now", "wanted", "min", "max", "requests")


def as_text(observed: Observed, now: datetime.datetime, *, markdown: bool) -> str:
    """The status for people."""
    live, said = observed.found.live, observed.found.declared
    parts = [_heading(observed, now, markdown)]
    parts += [_bullets([f"DRIFT: {line}" for line in observed.drifts], markdown, "red")] if observed.drifts else []
    rows = [_HEADER, *(_row(observed, variant) for variant in variants(live))]
    parts.append(output.table(rows, markdown=markdown, right=(5, 6, 7, 8, 9)))
    parts.append(_bullets(_facts(observed, now), markdown))
    if observed.alarms:
        alarms = [
            ("alarm", "state", "why"),
            *((one.name, one.state, output.short(one.reason)) for one in observed.alarms),
        ]
        text = output.table(alarms, markdown=markdown)
        parts.append(text if markdown else _alarms_coloured(text))
    elif said is not None:
        parts.append("no alarms: the stack makes none")
    return "\n\n".join(parts)


def as_json(observed: Observed, now: datetime.datetime) -> dict[str, Any]:
    """The status as plain JSON values."""
    live, said = observed.found.live, observed.found.declared
    return {
        "endpoint": live.name,
        "status": live.status,
        "failure_reason": live.failure_reason,
        "endpoint_config": live.config.name,
        "config_age_seconds": round(age(live, now).total_seconds()),
        "sampling_percent": live.sampling_percent,
        "capture_uri": live.config.capture_uri,
        "variants": [
            {
                **asdict(variant),
                "role": _role(observed, variant),
                "version": _version(observed, variant),
                "minimum_count": getattr(observed.limits.get(variant.name), "minimum", None),
                "maximum_count": getattr(observed.limits.get(variant.name), "maximum", None),
            }
            for variant in variants(live)
        ],
        "deployed_by_this_library": said is not None,
        "expected_endpoint_config": None if said is None else said.config,
        "dashboard": None if said is None else said.dashboard,
        "guard_off": None if said is None else said.guard_off,
        "drifts": list(observed.drifts),
        "alarms": [asdict(alarm) for alarm in observed.alarms],
        "watch": None if observed.look is None else observed.look.to_json(),
        "managed": None if observed.experiment is None else tested.as_json(observed.experiment),
        "last_change": None if observed.last is None else observed.last.to_json(),
    }


def _heading(observed: Observed, now: datetime.datetime, markdown: bool) -> str:
    live = observed.found.live
    state = live.status if markdown else harmless.coloured(live.status, _status_colour(live.status), bold=True)
    what = "a shadow test" if live.shadow is not None else "no shadow test"
    head = f"{live.name}: {state}, {what}, since {spoken(age(live, now))} ({live.config.created:%Y-%m-%d %H:%M %Z})"
    lines = [f"### {head}" if markdown else head]
    if live.failure_reason is not None:
        lines.append(f"the last update failed: {output.prose(live.failure_reason, markdown=markdown)}")
    return "\n".join(lines)


def _facts(observed: Observed, now: datetime.datetime) -> list[str]:
    live, said, last = observed.found.live, observed.found.declared, observed.last
    facts = [f"config: {live.config.name}"]
    if said is None:
        facts.append(f"code: unknown; there is no {settings_name(live.name)}, so this library did not deploy it")
    elif not observed.drifts:
        facts.append("code: says the same")
    if said is not None and said.guard_off is not None:
        facts.append(f"guard: off ({said.guard_off}): {LOST}")
    if observed.experiment is not None:
        facts += tested.lines(observed.experiment, live, observed.ramp, now)
    if observed.look is not None:
        one = observed.look
        facts.append(
            f"verdict: {one.verdict} since {one.since:%Y-%m-%d %H:%M} UTC: {output.short(one.reason)}; "
            f"{one.requests:,} requests, {one.instance_hours:,.1f} instance-hours, seen {spoken(now - one.at)} ago"
        )
    facts.append(f"capture: {live.config.capture_uri or 'off'}")
    if said is not None and said.dashboard is not None:
        facts.append(f"dashboard: {said.dashboard}")
    if last is not None:
        facts.append(
            f"last {last.kind}: {last.at:%Y-%m-%d %H:%M} UTC by {last.by}, "
            f"{_came(last.from_version or last.from_model or 'unknown', last, 0)} to {_came(last.to_version, last, 1)}"
        )
    return facts


def _came(what: str, entry: Entry, side: int) -> str:
    """A side of a promotion or a way back, with its instances where they are all that changed."""
    return f"{what} on {entry.spoken[side]}" if entry.of_hardware else what


def _row(observed: Observed, variant: LiveVariant) -> tuple[str, ...]:
    limits = observed.limits.get(variant.name)
    live = observed.found.live
    share = f"{live.sampling_percent:g} %" if variant is live.shadow else "all" if len(live.production) == 1 else "some"
    return (
        variant.name,
        _role(observed, variant),
        _version(observed, variant) or "?",
        variant.model_name or "?",
        variant.instance_type or "serverless",
        _count(variant.current_count),
        _count(variant.desired_count),
        _count(None if limits is None else limits.minimum),
        _count(None if limits is None else limits.maximum),
        share,
    )


def _role(observed: Observed, variant: LiveVariant) -> str:
    return "shadow" if variant is observed.found.live.shadow else "production"


def _version(observed: Observed, variant: LiveVariant) -> str | None:
    # The stack's word is worth nothing where another config serves.
    said, live = observed.found.declared, observed.found.live
    if said is None or said.config != live.config.name:
        return None
    known = said.production if variant is not live.shadow else () if said.shadow is None else (said.shadow,)
    return next((one.version for one in known if one.name == variant.name), None)


def _count(count: int | None) -> str:
    return "-" if count is None else str(count)


def _status_colour(status: str) -> str:
    return {"InService": "green", "Failed": "red"}.get(status, "yellow")


def _bullets(lines: list[str], markdown: bool, colour: str | None = None) -> str:
    lines = [output.prose(line, markdown=markdown) for line in lines]
    if markdown:
        return "\n".join(f"- {line}" for line in lines)
    return "\n".join(harmless.coloured(line, colour, bold=True) if colour else line for line in lines)


def _alarms_coloured(text: str) -> str:
    for state, colour in _ALARM_COLOURS.items():
        text = text.replace(f"  {state} ", f"  {harmless.coloured(state, colour)} ")
    return text
