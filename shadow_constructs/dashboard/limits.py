"""CloudWatch's limits of a dashboard, held at synth (CloudWatch User Guide, cloudwatch_limits)."""

from __future__ import annotations

from shadow_constructs.dashboard.widgets import Json
from shadow_ops.contract.problems import Problems

MAX_WIDGETS = 500
MAX_METRICS_PER_WIDGET = 500
MAX_METRICS = 2500
"""Metrics that are only computed with count too."""
MAX_ALARMS_PER_WIDGET = 100


def check(body: Json) -> None:
    """Check a dashboard's body against the limits.

    Raises:
        InvalidValueError: With one line per limit that is exceeded.
    """
    problems = Problems("ComparisonDashboard")
    widgets = body["widgets"]
    counts = [len(widget["properties"].get("metrics", ())) for widget in widgets]
    if len(widgets) > MAX_WIDGETS:
        problems.add("widgets", f"be at most {MAX_WIDGETS}", len(widgets), "shorten the policy or give fewer alarms")
    if max(counts, default=0) > MAX_METRICS_PER_WIDGET:
        problems.add("metrics", f"be at most {MAX_METRICS_PER_WIDGET} in a widget", max(counts))
    if sum(counts) > MAX_METRICS:
        problems.add("metrics", f"be at most {MAX_METRICS} in a dashboard", sum(counts), "shorten the policy")
    problems.raise_if_any()
