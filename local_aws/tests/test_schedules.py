"""What Application Auto Scaling takes for a schedule."""

from __future__ import annotations

import pytest

from local_aws.autoscaling.schedules import check_schedule
from local_aws.errors import ServiceError

GOOD = (
    "at(2026-12-24T18:00:00)",
    "rate(1 day)",
    "rate(5 minutes)",
    "cron(0 7 ? * MON-FRI *)",
    "cron(0/15 8-17 1,15 JAN,JUL ? 2026-2030)",
    "cron(0 0 L * ? *)",
    "cron(0 0 15W * ? *)",
    "cron(0 0 ? * 6#3 *)",
    "cron(0 0 ? * FRIL *)",
    "cron(*/5 * * * ? *)",
)
BAD = (
    "",
    "0 7 * * *",
    "cron(0 7 * * *)",
    "cron(0 7 * * * *)",
    "cron(0 7 ? * ? *)",
    "cron(60 7 ? * MON *)",
    "cron(0 24 ? * MON *)",
    "cron(0 7 ? * MONDAY *)",
    "cron(0 7 ? 13 MON *)",
    "cron(0/0 7 ? * MON *)",
    "cron(0 7 ? * MON 1969)",
    "cron(? 7 ? * MON *)",
    "cron(1-2-3 7 ? * MON *)",
    "rate(1 days)",
    "rate(2 day)",
    "rate(0 days)",
    "rate(1.5 hours)",
    "rate(1 week)",
    "at(2026-12-24)",
    "at(2026-12-24T18:00:00Z)",
    "at(2026-02-30T18:00:00)",
)


@pytest.mark.parametrize("schedule", GOOD)
def test_what_the_documentation_shows_is_taken(schedule: str) -> None:
    """Dates, rates and cron expressions of six fields."""
    check_schedule(schedule, "Europe/Berlin")


@pytest.mark.parametrize("schedule", BAD)
def test_fails_with_what_no_scheduler_can_read(schedule: str) -> None:
    """Five fields, both days, values out of range, a unit that doesn't agree with its number, a date with a zone."""
    with pytest.raises(ServiceError, match="Invalid schedule"):
        check_schedule(schedule, None)


def test_fails_with_a_time_zone_that_is_none() -> None:
    """Names are IANA's."""
    with pytest.raises(ServiceError, match="Invalid time zone: Mars/Olympus"):
        check_schedule("rate(1 day)", "Mars/Olympus")
