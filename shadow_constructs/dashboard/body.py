"""The body of the comparison dashboard: plain data, from one value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shadow_constructs.dashboard import header, limits, verdict
from shadow_constructs.dashboard.grid import place
from shadow_constructs.dashboard.kinds import QUESTIONS
from shadow_constructs.dashboard.lanes import lanes_of
from shadow_constructs.dashboard.questions import figures, traffic
from shadow_constructs.dashboard.questions.question import Row, Subject
from shadow_constructs.dashboard.widgets import Canvas, Json
from shadow_constructs.values.dashboard import Dashboard
from shadow_constructs.values.shadow_test import ShadowTest

_FINEST_PERIOD = 60


def dashboard_name(test: ShadowTest, dashboard: Dashboard, region: str, *, managed: bool = False) -> str:
    """The dashboard's name: the one given, or of the endpoint and its region.

    Dashboards of all regions share one list (CloudWatch API Reference, PutDashboard), so the endpoint's name alone
    would let one region overwrite the other's.
    """
    kind = "managed" if managed else "shadow"
    return f"{test.endpoint_name}-{kind}-test-{region}" if dashboard.name is None else dashboard.name


def dashboard_body(
    test: ShadowTest,
    *,
    region: str,
    console: str = "https://console.aws.amazon.com",
    dashboard: Dashboard | None = None,
    alarm_arns: Sequence[str] = (),
    captured_uri: str | None = None,
    endpoint_config_name: str | None = None,
) -> Json:
    """The body of a test's dashboard (CloudWatch API Reference, Dashboard Body Structure).

    Without a shadow it shows what there is of production.

    Args:
        test: The endpoint; the thresholds of its policy are drawn.
        region: The endpoint's region; may be a CDK token.
        console: How addresses of the AWS console begin; may hold a CDK token. By default as in the aws partition.
        dashboard: Periods and time range. By default `Dashboard()`.
        alarm_arns: Alarms whose states are shown; may be CDK tokens. By default none.
        captured_uri: S3 folder of captured data; may hold CDK tokens. By default no link.
        endpoint_config_name: The config that serves; may be a CDK token. By default no link.

    Raises:
        InvalidValueError: If CloudWatch's limits are exceeded.
    """
    chosen = Dashboard() if dashboard is None else dashboard
    period = chosen.period_seconds
    canvas = Canvas(test.endpoint_name, region, _FINEST_PERIOD if period is None else period, console)
    subject = Subject(test, lanes_of(test), canvas)
    top = header.rows(subject, alarm_arns, captured_uri, endpoint_config_name)
    body: Json = {
        "start": chosen.start,
        "periodOverride": "auto" if period is None else "inherit",
        "widgets": place([*top, *verdict.rows(subject), *_answers(subject)]),
    }
    limits.check(body)
    return body


def _answers(subject: Subject) -> Iterator[Row]:
    for rows in (traffic.rows, *QUESTIONS.values(), figures.rows):
        yield from rows(subject)
