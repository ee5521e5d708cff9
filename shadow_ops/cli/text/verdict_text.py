"""A verdict for people: as text, and as Markdown for a pull request."""

from __future__ import annotations

import datetime
from typing import Any

from shadow_ops.cli import output
from shadow_ops.cli.durations import spoken
from shadow_ops.judge.verdict import Finding, Verdict
from shadow_ops.measure.recording import Recording

_NOTHING_TO_SAY = "not judged"
_WIDTH = len("INCONCLUSIVE")


def as_text(recording: Recording, verdict: Verdict) -> str:
    """What was judged, a line per rule, notes, and the verdict as the last line."""
    width = max((len(finding.rule.id) for finding in verdict.findings), default=0)
    lines = [
        f"{output.coloured(_outcome(finding), _WIDTH)}  {finding.rule.id.ljust(width)}  {_line(_reason(finding))}"
        for finding in verdict.findings
    ]
    notes = [f"note: {_line(note)}" for note in verdict.notes]
    told = [_line(what_was_judged(recording)), "", *lines, *([""] if notes else []), *notes, ""]
    return "\n".join([*told, f"{output.coloured(str(verdict.outcome))}: {_line(verdict.reason)}"])


def as_markdown(recording: Recording, verdict: Verdict) -> str:
    """The same as Markdown, the verdict first."""
    rows = [("", "rule", "finding")]
    rows += [(_outcome(finding), f"`{finding.rule.id}`", _reason(finding)) for finding in verdict.findings]
    parts = [
        f"### {_markdown(recording.endpoint)}: {verdict.outcome}",
        _markdown(verdict.reason),
        output.markdown_table(rows),
        *(f"- {_markdown(note)}" for note in verdict.notes),
        f"_{_markdown(what_was_judged(recording))}_",
    ]
    return "\n\n".join(parts)


def as_json(recording: Recording, verdict: Verdict) -> dict[str, Any]:
    """The verdict with what it was made from."""
    periods = recording.periods
    return {
        "endpoint": recording.endpoint,
        "production_variant": recording.production_variant,
        "shadow_variant": recording.shadow_variant,
        "sampling_percent": recording.sampling_percent,
        "period_seconds": recording.period_seconds,
        "periods": len(periods),
        "first_period": periods[0].start.isoformat() if periods else None,
        "last_period": periods[-1].start.isoformat() if periods else None,
        "verdict": str(verdict.outcome),
        "reason": verdict.reason,
        "minutes_to_go": verdict.minutes_to_go,
        "findings": [
            {
                "rule": finding.rule.id,
                "outcome": None if finding.outcome is None else str(finding.outcome),
                "gates": finding.gates,
                "reason": finding.reason,
                "numbers": dict(finding.numbers),
            }
            for finding in verdict.findings
        ],
        "notes": list(verdict.notes),
    }


def what_was_judged(recording: Recording) -> str:
    """One line: endpoint, variants, sampling, periods and their time."""
    said = (
        f"{recording.endpoint}: shadow {recording.shadow_variant!r} against production "
        f"{recording.production_variant!r}, {recording.sampling_percent:g} % of the requests"
    )
    if not recording.periods:
        return f"{said}; no data yet"
    length = datetime.timedelta(seconds=recording.period_seconds)
    first, last = recording.periods[0].start, recording.periods[-1].start + length
    count = len(recording.periods)
    return (
        f"{said}; {count} period{'' if count == 1 else 's'} of {spoken(length)}, "
        f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    )


def one_line(verdict: Verdict) -> str:
    """The verdict so far, for a log."""
    return f"{verdict.outcome}: {verdict.reason}"


def _line(text: str) -> str:
    return output.prose(text, markdown=False)


def _markdown(text: str) -> str:
    return output.prose(text, markdown=True)


def _outcome(finding: Finding) -> str:
    return "-" if finding.outcome is None else str(finding.outcome)


def _reason(finding: Finding) -> str:
    if finding.outcome is None:
        return finding.reason or _NOTHING_TO_SAY
    return finding.reason if finding.gates else f"{finding.reason} (reported only)"
