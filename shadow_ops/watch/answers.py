"""Count captured answers and files, a stretch of time at a look, and publish what was counted."""

from __future__ import annotations

import datetime
import logging
import time as clock
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.contract import catalogue
from shadow_ops.contract.answers import comparison_of
from shadow_ops.contract.catalogue import CatalogueEntry
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.measure.metric_data import Series, kept_period, read_series, whole_periods
from shadow_ops.measure.recording import Coarse
from shadow_ops.responses.counting import MOST_BYTES, Counts, Time, count, newest
from shadow_ops.responses.source import s3_source

LOG = logging.getLogger(__name__)

# What arrives later after a stretch's end isn't counted; of a rehearsal's, later than a third of it.
_SETTLED, _SETTLED_PART = datetime.timedelta(minutes=5), 1 / 3
# PutMetricData takes values of the last two weeks.
_OLDEST = datetime.timedelta(days=13)
_MOST_AT_ONCE, _MOST_SECONDS = 24, 240


def publish_answers(
    clients: Any,  # noqa: ANN401 - the watch's clients
    live: LiveEndpoint,
    policy: GatePolicy,
    known: Coarse | None,
    now: datetime.datetime,
) -> None:
    """Count what hasn't been counted yet, the latest first, and publish it.

    What was published is what was counted: nothing else is kept, and who counts a stretch again publishes the same.

    Args:
        clients: S3 and CloudWatch.
        live: The endpoint, with a shadow.
        policy: Says how answers are compared.
        known: What was counted before.
        now: The time.

    Raises:
        ClientError: If a call is refused, other than for want of rights: that is logged, and says what to do.
    """
    if live.config.capture_uri is None or live.shadow is None or known is None:
        return
    try:
        _publish(clients, live, policy, known, now)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in ("AccessDenied", "403"):
            raise
        LOG.warning("%s: captured answers can't be read (%s): see docs/watch.md for the rights", live.name, error)


def _publish(
    clients: Any,  # noqa: ANN401 - the watch's clients
    live: LiveEndpoint,
    policy: GatePolicy,
    known: Coarse,
    now: datetime.datetime,
) -> None:
    assert live.shadow is not None
    source = s3_source(clients.s3, f"{str(live.config.capture_uri).rstrip('/')}/{live.name}")
    variants = live.production[0].name, live.shadow.name
    ages = [newest(source, one, now, live.config.created) or live.config.created for one in variants]
    data = [
        _datum(catalogue.CAPTURE_AGE, _named(live, variant), max(0.0, (now - age).total_seconds()), now, 60)
        for variant, age in zip(variants, ages, strict=True)
    ]
    clients.cloudwatch.put_metric_data(Namespace=catalogue.OWN_NAMESPACE, MetricData=data)
    began, how = clock.monotonic(), comparison_of(policy)
    for stretch in _uncounted(known, live.config.created, now):
        found = count(source, variants, stretch, how)
        if found.is_unread:
            LOG.warning("%s: captured files are too large: more than %s bytes", live.name, MOST_BYTES)
        due = _due(clients.cloudwatch, live, variants, found.time, known.period_seconds)
        data = list(_data(live, variants, found, due, stretch, known.period_seconds))
        clients.cloudwatch.put_metric_data(Namespace=catalogue.OWN_NAMESPACE, MetricData=data)
        LOG.info("%s: %s", live.name, found)
        if clock.monotonic() - began > _MOST_SECONDS:
            return


def _uncounted(known: Coarse, created: datetime.datetime, now: datetime.datetime) -> Iterator[Time]:
    """Stretches that are over and not counted, the latest first; the first begins with the test."""
    length = datetime.timedelta(seconds=known.period_seconds)
    counted = {one.start for one in known.periods if catalogue.COMPARED_ANSWERS.name in one.shadow.numbers}
    last = whole_periods(created - length, now - min(_SETTLED, length * _SETTLED_PART), known.period_seconds).end
    for number in range(1, _MOST_AT_ONCE + 1):
        start = last - number * length
        if start + length <= created or start < now - _OLDEST:
            return
        if start not in counted:
            # SageMaker writes a record's time in whole seconds.
            yield Time(max(start, created.replace(microsecond=0)), start + length)


def _due(
    cloudwatch: Client,
    live: LiveEndpoint,
    variants: tuple[str, str],
    time: Time,
    seconds: int,
) -> tuple[float, float]:
    """How many records of each variant there should be, by its requests."""
    span = whole_periods(time.start, time.end, kept_period(min(60, seconds), time.start, time.end))
    wanted = [Series(live.name, one, catalogue.INVOCATIONS, "Sum") for one in variants]
    found = read_series(cloudwatch, wanted, span)
    production, shadow = (sum(found[one].values()) * live.config.capture_percent / 100 for one in wanted)
    return production, shadow


def _data(
    live: LiveEndpoint,
    variants: tuple[str, str],
    found: Counts,
    due: tuple[float, float],
    stretch: Time,
    seconds: int,
) -> Iterator[dict[str, Any]]:
    # In the last moment of the stretch, so that it belongs to a test that began within.
    at = stretch.end - datetime.timedelta(seconds=1)
    values = (found.compared, found.agreeing, found.unjoined, found.repeated, found.steady)
    for dimensions in (_named(live, variants[1]), _named(live, variants[1], live.config.name)):
        for metric, value in zip(catalogue.ANSWERS, values, strict=True):
            yield _datum(metric, dimensions, value, at, seconds)
    for variant, records, expected in () if found.is_unread else zip(variants, found.records, due, strict=True):
        yield _datum(catalogue.CAPTURED_RECORDS, _named(live, variant), records, at, seconds)
        yield _datum(catalogue.DUE_RECORDS, _named(live, variant), expected, at, seconds)


def _named(live: LiveEndpoint, variant: str, config: str | None = None) -> dict[str, str]:
    return catalogue.dimensions(live.name, variant, config)


def _datum(
    metric: CatalogueEntry, dimensions: Mapping[str, str], value: float, at: datetime.datetime, seconds: int
) -> dict[str, Any]:
    return {
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": one} for name, one in dimensions.items()],
        "Timestamp": at,
        "Value": float(value),
        "Unit": "Seconds" if metric is catalogue.CAPTURE_AGE else "Count",
        # Only a rehearsal's stretches are shorter than a minute, which is CloudWatch's own resolution.
        **({"StorageResolution": 1} if seconds < 60 else {}),
    }
