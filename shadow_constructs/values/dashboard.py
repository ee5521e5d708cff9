"""The comparison dashboard: what of it can be chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shadow_constructs.values.checks import check_text
from shadow_ops.contract.checks import check_flag, checking

# CloudWatch API Reference, PutDashboard: DashboardName.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
# CloudWatch API Reference, Dashboard Body Structure: a span back from now in ISO 8601.
_START = re.compile(r"-P(?=[\dT])(\d+D)?(T(?=\d)(\d+H)?(\d+M)?)?")
_LONGEST_PERIOD = 86_400


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """The dashboard that compares production and shadow.

    Attributes:
        name: Its name, 1 to 255 letters, digits, hyphens and underscores. By default
            ``<endpoint>-shadow-test-<region>``: an account has one list of dashboards for all its regions. Another
            name makes another dashboard and deletes this one.
        period_seconds: Length of the periods that are drawn: a multiple of 60 up to 86400. By default CloudWatch
            chooses it by the time range that is looked at, a minute at least.
        start: What is shown at first, as a span back from now in ISO 8601, such as ``-PT3H`` or ``-P7D``.
        enabled: Whether there is a dashboard; `Dashboard.off` turns it off.
    """

    name: str | None = None
    period_seconds: int | None = None
    start: str = "-PT3H"
    enabled: bool = True

    @staticmethod
    def off() -> Dashboard:
        """No dashboard."""
        return Dashboard(enabled=False)

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        if self.name is not None:
            rule = "be 1 to 255 letters, digits, hyphens or underscores"
            check_text(problems, "name", self.name, pattern=_NAME, rule=rule)
        period = self.period_seconds
        if period is not None:
            whole = isinstance(period, int) and not isinstance(period, bool)
            if not whole or period % 60 != 0 or not 0 < period <= _LONGEST_PERIOD:
                problems.add("period_seconds", "be a multiple of 60 up to 86400", period, "the unit is seconds")
        rule = "be a span back from now such as -PT3H or -P7D"
        check_text(problems, "start", self.start, pattern=_START, rule=rule)
        check_flag(problems, "enabled", self.enabled)
        problems.raise_if_any()
