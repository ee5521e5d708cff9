"""The status of an endpoint, for people and as JSON."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

import click

from shadow_ops.aws.endpoint import LiveVariant
from shadow_ops.cli import output
from shadow_ops.cli.durations import spoken
from shadow_ops.contract.settings import settings_name
from shadow_ops.observe.observed import Observed, age, variants

_ALARM_COLOURS = {"OK": "green", "ALARM": "red", "MISSING": "red"}
_HEADER = ("variant", "role", "model", "SageMaker model", "instances", "now", "wanted", "min", "max", "requests")


def as_text(observed: Observed, now: datetime.datetime, *, markdown: bool) -> str:
    """The status for people."""
    live, settings = observed.found.live, observed.found.settings
    parts = [_heading(observed, now, markdown)]
    parts += [_bullets([f"DRIFT: {line}" for line in observed.drifts], markdown, "red")] if observed.drifts else []
    rows = [_HEADER, *(_row(observed, variant) for variant in variants(live))]
    parts.append(output.table(rows, markdown=markdown, right=(5, 6, 7, 8, 9)))
    parts.append(_bullets(_facts(observed), markdown))
    if observed.alarms:
        alarms = [
            ("alarm", "state", "why"),
            *((one.name, one.state, output.short(one.reason)) for one in observed.alarms),
        ]
        text = output.table(alarms, markdown=markdown)
        parts.append(text if markdown else _alarms_coloured(text))
    elif settings is not None:
        parts.append("no alarms: the stack makes none")
    return "\n\n".join(parts)


def as_json(observed: Observed, now: datetime.datetime) -> dict[str, Any]:
    """The status as plain JSON values."""
    live, settings = observed.found.live, observed.found.settings
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
        "deployed_by_this_library": settings is not None,
        "expected_endpoint_config": None if settings is None else settings.endpoint_config,
        "dashboard": None if settings is None else settings.dashboard,
        "drifts": list(observed.drifts),
        "alarms": [asdict(alarm) for alarm in observed.alarms],
        "last_change": None if observed.last is None else observed.last.to_json(),
    }


def _heading(observed: Observed, now: datetime.datetime, markdown: bool) -> str:
    live = observed.found.live
    state = live.status if markdown else click.style(live.status, bold=True, fg=_status_colour(live.status))
    what = "a shadow test" if live.shadow is not None else "no shadow test"
    head = f"{live.name}: {state}, {what}, since {spoken(age(live, now))} ({live.config.created:%Y-%m-%d %H:%M %Z})"
    lines = [f"### {head}" if markdown else head]
    if live.failure_reason is not None:
        lines.append(f"the last update failed: {live.failure_reason}")
    return "\n".join(lines)


def _facts(observed: Observed) -> list[str]:
    live, settings, last = observed.found.live, observed.found.settings, observed.last
    facts = [f"config: {live.config.name}"]
    if settings is None:
        facts.append(f"code: unknown; there is no {settings_name(live.name)}, so this library did not deploy it")
    elif not observed.drifts:
        facts.append("code: says the same")
    facts.append(f"capture: {live.config.capture_uri or 'off'}")
    if settings is not None and settings.dashboard is not None:
        facts.append(f"dashboard: {settings.dashboard}")
    if last is not None:
        facts.append(
            f"last {last.kind}: {last.at:%Y-%m-%d %H:%M} UTC by {last.by}, "
            f"{last.from_version or 'unknown'} to {last.to_version}"
        )
    return facts


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
    settings = observed.found.settings
    if settings is None or settings.endpoint_config != observed.found.live.config.name:
        return None
    return settings.shadow_version if variant is observed.found.live.shadow else settings.production_version


def _count(count: int | None) -> str:
    return "-" if count is None else str(count)


def _status_colour(status: str) -> str:
    return {"InService": "green", "Failed": "red"}.get(status, "yellow")


def _bullets(lines: list[str], markdown: bool, colour: str | None = None) -> str:
    if markdown:
        return "\n".join(f"- {line}" for line in lines)
    return "\n".join(click.style(line, fg=colour, bold=True) if colour else line for line in lines)


def _alarms_coloured(text: str) -> str:
    for state, colour in _ALARM_COLOURS.items():
        text = text.replace(f"  {state} ", f"  {click.style(state, fg=colour)} ")
    return text
