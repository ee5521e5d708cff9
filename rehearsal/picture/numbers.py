"""Figures as people read them."""

from __future__ import annotations

MISSING = "–"  # noqa: RUF001 - a dash is what stands for no figure


def figure(value: float | None) -> str:
    """A figure with three or so digits: 1,234 or 12.3 or 0.0123; a dash where there is none."""
    if value is None:
        return MISSING
    if value == round(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
