"""What came of the requests that were sent, for people and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from shadow_ops.cli import output
from shadow_ops.sending import Plan, Tally


def as_text(plan: Plan, tally: Tally, *, markdown: bool) -> str:
    """The summary: counts, pace, latency, and errors by code."""
    pace = f"{_pace(tally):.4g} a second" if tally.seconds > 0 else "no time"
    wanted = "" if plan.rate is None else f" ({plan.rate:g} wanted)"
    answered = len(tally.milliseconds)
    by = ", ".join(f"{variant} {count:,}" for variant, count in sorted(tally.variants.items()))
    lines = [
        f"sent      {tally.sent:,} of {plan.requests:,} in {tally.seconds:.1f} s, {pace}{wanted}",
        f"answered  {answered:,}{f' ({by})' if by else ''}",
        f"failed    {tally.failed:,}",
    ]
    latency = tally.latency()
    if answered:
        figures = "  ".join(f"{name} {value:.1f}" for name, value in latency.items() if value is not None)
        lines.append(f"waited    {figures} ms")
    lines = [output.prose(line, markdown=markdown) for line in lines]
    parts = ["\n".join(f"- {line}" for line in lines) if markdown else "\n".join(lines)]
    if tally.errors:
        rows = [("failed", "error", "the first of them", "its InferenceId")]
        rows += [
            (f"{one.count:,}", one.code, output.short(one.message), one.inference_id)
            for one in sorted(tally.errors.values(), key=lambda one: -one.count)
        ]
        parts.append(output.table(rows, markdown=markdown, right=(0,)))
    return "\n\n".join(parts)


def as_json(plan: Plan, tally: Tally) -> dict[str, Any]:
    """The summary as plain JSON values."""
    return {
        "endpoint": plan.endpoint,
        "planned": plan.requests,
        "sent": tally.sent,
        "answered": len(tally.milliseconds),
        "failed": tally.failed,
        "seconds": tally.seconds,
        "per_second": _pace(tally) if tally.seconds > 0 else None,
        "inference_id_prefix": plan.id_prefix,
        "latency_ms": tally.latency(),
        "variants": dict(tally.variants),
        "errors": [asdict(one) for one in tally.errors.values()],
    }


def _pace(tally: Tally) -> float:
    return tally.sent / tally.seconds
