"""From a dashboard's name to a page and a picture of it."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.errors import RehearsalError
from rehearsal.picture import board, content, image, page
from rehearsal.picture.data import Span
from shadow_ops.aws.boto import Client

_MISSING = "ResourceNotFound"


@dataclass(frozen=True)
class Paths:
    """Where a dashboard was drawn to.

    Attributes:
        page: The HTML page, which needs nothing else.
        image: The PNG.
    """

    page: Path
    image: Path


def draw(
    cloudwatch: Client,
    dashboard_name: str,
    folder: Path,
    *,
    start: datetime.datetime,
    end: datetime.datetime,
    period_seconds: int | None = None,
) -> Paths:
    """Draw a dashboard as CloudWatch has it, with the data that CloudWatch has.

    Args:
        cloudwatch: A client of the local AWS.
        dashboard_name: The dashboard.
        folder: Where the two files go; made if it isn't there.
        start: Where the time range begins.
        end: Where it ends.
        period_seconds: Periods to draw, because a rehearsal is short. By default those of the dashboard.

    Raises:
        RehearsalError: If there is no such dashboard, or something on it can't be drawn.
    """
    widgets = board.read(_body(cloudwatch, dashboard_name))
    filled = content.fill(cloudwatch, dashboard_name, widgets, Span(start, end, period_seconds))
    folder.mkdir(parents=True, exist_ok=True)
    paths = Paths(folder / "dashboard.html", folder / "dashboard.png")
    page.write(filled, paths.page)
    image.write(filled, paths.image)
    return paths


def names(cloudwatch: Client) -> list[str]:
    """The dashboards that there are."""
    return sorted(one["DashboardName"] for one in cloudwatch.list_dashboards().get("DashboardEntries", ()))


def _body(cloudwatch: Client, name: str) -> dict[str, Any]:
    try:
        found = cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
    except ClientError as error:
        if _MISSING not in error.response["Error"]["Code"]:
            raise
        known = ", ".join(names(cloudwatch)) or "none"
        raise RehearsalError(f"there is no dashboard {name!r}; there are: {known}") from error
    body: dict[str, Any] = json.loads(found)
    return body
