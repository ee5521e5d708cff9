"""What the command that prices a template counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cost

Json = dict[str, Any]


def template(*resources: tuple[str, Json]) -> Json:
    """A template of some resources."""
    return {"Resources": {f"R{n}": {"Type": kind, "Properties": one} for n, (kind, one) in enumerate(resources)}}


def math_alarm(*periods: int) -> tuple[str, Json]:
    """An alarm on an expression over metrics of these periods."""
    metrics: list[Json] = [{"Id": f"m{n}", "MetricStat": {"Period": period}} for n, period in enumerate(periods)]
    return cost.ALARM, {"Metrics": [{"Id": "e", "Expression": "m0"}, *metrics]}


def test_each_metric_of_an_expression_is_billed_and_the_expression_is_not() -> None:
    """An alarm on a ratio of two metrics costs as much as two alarms."""
    found = cost.counted(template(math_alarm(300, 300), (cost.ALARM, {"Period": 60})))

    assert found == {"standard": 3, "high": 0, "composite": 0, "dashboard": 0}
    assert cost.dollars(found) == pytest.approx(0.30)


def test_a_short_period_makes_an_alarm_high_resolution() -> None:
    """All its metrics are billed so, also those with longer periods."""
    found = cost.counted(template(math_alarm(60, 10), (cost.ALARM, {"Period": 10})))

    assert (found["standard"], found["high"]) == (0, 3)


def test_composites_and_dashboards_are_counted_and_nothing_else_is() -> None:
    """An endpoint is another bill."""
    kinds = (cost.COMPOSITE, cost.DASHBOARD, "AWS::SageMaker::Endpoint")

    found = cost.counted(template(*((kind, {}) for kind in kinds)))

    assert found == {"standard": 0, "high": 0, "composite": 1, "dashboard": 1}


def test_the_command_prints_a_table_and_where_the_prices_come_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody has checked says so."""
    path = tmp_path / "churn.template.json"
    path.write_text(json.dumps(template(math_alarm(60, 60), (cost.DASHBOARD, {}))))

    assert cost.main([str(path)]) == 0

    out = capsys.readouterr().out
    assert "| **together** (1 metric alarms) | | | **$3.20** |" in out
    assert "check them at" in out


def test_a_template_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """With what to do."""
    assert cost.main(["missing.json"]) == 1
    assert "cannot read missing.json" in capsys.readouterr().err
