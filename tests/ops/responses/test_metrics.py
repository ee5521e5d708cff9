"""Counts of complete hours as CloudWatch metrics: bounded, joined as well as the whole, and of the right variant."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from shadow_ops.responses.comparison import Comparison
from shadow_ops.responses.fetch import Window
from shadow_ops.responses.metrics import NAMESPACE, Counts, agreement_of, metric_data
from tests.ops.responses.captured import START, Said, write


def window(root: Path, production: list[Said], shadow: list[Said]) -> Window:
    """An hour's files."""
    write(root, "production", production)
    write(root, "shadow", shadow)
    files = {side: tuple((root / side).rglob("*.jsonl")) for side in ("production", "shadow")}
    return Window("2026-11-24T08", files["production"], files["shadow"])


def said(count: int, differing: int = 0) -> list[Said]:
    """Answers, the first of which are others."""
    return [Said(f"id-{n}", "0.9" if n < differing else "0.1", str(n)) for n in range(count)]


def test_an_hour_is_counted(tmp_path: Path) -> None:
    """Compared, agreeing and unjoined; production's answers that weren't copied are none of the unjoined."""
    shadow = [*said(500, differing=50), Said("other", "0.1", "x")]
    assert agreement_of(window(tmp_path, said(1000), shadow), Comparison()) == Counts(500, 450, 1)


def test_a_large_hour_is_sampled_by_key_on_both_sides(tmp_path: Path) -> None:
    """A bounded sample joins completely, whatever the order, and tells the share of the whole."""
    shadow = said(20_000, differing=2_000)
    random.Random(1).shuffle(shadow)
    found = agreement_of(window(tmp_path, said(20_000), shadow), Comparison(), most_pairs=2_000)
    assert 1_700 < found.compared < 2_300
    assert found.unjoined == 0
    assert found.agreeing / found.compared == pytest.approx(0.9, abs=0.03)


def test_an_hour_without_answers_counts_nothing(tmp_path: Path) -> None:
    """Zero pairs, which is no agreement."""
    assert agreement_of(window(tmp_path, [], []), Comparison()) == Counts(0, 0, 0)


def test_cloudwatch_takes_the_counts() -> None:
    """Each count with and without the endpoint config, in a form that the API's own model accepts."""
    data: Any = metric_data(Counts(10, 9, 1), endpoint="churn", variant="shadow", config="churn-2", hour=START)
    client = boto3.client("cloudwatch", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        stub.add_response("put_metric_data", {}, {"Namespace": NAMESPACE, "MetricData": data})
        client.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    assert [(one["MetricName"], one["Value"], len(one["Dimensions"])) for one in data] == [
        (name, value, dimensions)
        for dimensions in (2, 3)
        for name, value in (("ComparedAnswers", 10), ("AgreeingAnswers", 9), ("UnjoinedAnswers", 1))
    ]
