"""What the alarms and the dashboard of a template cost a month: counted in the template, priced by a list.

Run it with ``python -m benchmarks.cost cdk.out/churn-shadow.template.json``. Only what CloudWatch charges for existing
is counted: alarms by the metrics they look at, composite alarms and dashboards. Metrics of SageMaker, and reading them
on a dashboard, cost nothing extra.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
DASHBOARD = "AWS::CloudWatch::Dashboard"
NOTE = (
    "List prices of us-east-1 as remembered in November 2026, not read from AWS: check them at "
    "aws.amazon.com/cloudwatch/pricing. Before the free tier (10 alarm metrics, 3 dashboards per account)."
)
# From this on, an alarm's period is of standard resolution (CloudWatch API Reference, PutMetricAlarm: Period).
_STANDARD_SECONDS = 60


@dataclass(frozen=True)
class Price:
    """The price of one kind of thing.

    Attributes:
        what: The thing.
        dollars: A month.
    """

    what: str
    dollars: float


PRICES = {
    "standard": Price("metric watched by an alarm", 0.10),
    "high": Price("metric watched by a high-resolution alarm", 0.30),
    "composite": Price("composite alarm", 0.50),
    "dashboard": Price("dashboard", 3.00),
}
"""CloudWatch's list prices; see `NOTE`."""


def counted(template: Mapping[str, Any]) -> dict[str, int]:
    """How many of each thing that has a price a template makes."""
    found = dict.fromkeys(PRICES, 0)
    for resource in template.get("Resources", {}).values():
        properties = resource.get("Properties", {})
        kind = resource["Type"]
        if kind == ALARM:
            metrics, finest = _watched(properties)
            found["standard" if finest >= _STANDARD_SECONDS else "high"] += metrics
        elif kind == COMPOSITE:
            found["composite"] += 1
        elif kind == DASHBOARD:
            found["dashboard"] += 1
    return found


def dollars(counts: Mapping[str, int]) -> float:
    """What things cost a month, before the free tier."""
    return sum(PRICES[kind].dollars * count for kind, count in counts.items())


def table(template: Mapping[str, Any]) -> str:
    """The counts and their prices, as a table in Markdown."""
    counts = counted(template)
    alarms = sum(resource["Type"] == ALARM for resource in template.get("Resources", {}).values())
    lines = ["| what | how many | each | a month |", "|---|---:|---:|---:|"]
    for kind, price in PRICES.items():
        if counts[kind]:
            cost = price.dollars * counts[kind]
            lines.append(f"| {price.what} | {counts[kind]} | ${price.dollars:.2f} | ${cost:.2f} |")
    lines.append(f"| **together** ({alarms} metric alarms) | | | **${dollars(counts):.2f}** |")
    return "\n".join(lines)


def _watched(alarm: Mapping[str, Any]) -> tuple[int, int]:
    """The metrics of an alarm, each of which is billed, and the shortest period among them."""
    queries = [one["MetricStat"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    if not queries:
        return 1, int(alarm.get("Period", _STANDARD_SECONDS))
    return len(queries), min(int(one["Period"]) for one in queries)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 1 if a template can't be read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("templates", type=Path, nargs="+", metavar="TEMPLATE.json", help="synthesized templates")
    options = parser.parse_args(arguments)
    for path in options.templates:
        try:
            template = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            print(f"cost: cannot read {path}: {error}; run `make synth` first", file=sys.stderr)
            return 1
        print(f"{path.name}\n\n{table(template)}\n")
    print(NOTE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
