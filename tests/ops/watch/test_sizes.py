"""Everything that the watch publishes, keeps and tells fits its service, with the longest names and texts."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable

import pytest

from shadow_ops.aws import parameters
from shadow_ops.contract.catalogue import OWN_NAMESPACE
from shadow_ops.contract.text import LARGEST_VALUE
from shadow_ops.contract.watched import DETAIL_TYPE, METRICS, SOURCE, Watched
from shadow_ops.judge.verdict import Outcome
from shadow_ops.watch.decide import Course, Seen, decide
from tests.ops.cli.services import NOW

NAME = "n" * 63
WATCHED = Watched(
    endpoint=NAME,
    topic_arn="arn:aws:sns:ap-southeast-1:111122223333:" + "t" * 256,
    expires_after_days=1,
    price_per_instance_hour=1_000_000,
    currency="USD",
)


def course(reason: str) -> Course:
    """What follows from a look after a year, with everything as long as it can be."""
    seen = Seen(
        config=NAME,
        created=NOW - datetime.timedelta(days=365),
        version="v" * 63,
        instances=10**6,
        verdict=Outcome.FAIL,
        reason=reason,
        requests=10**18,
        now=NOW,
    )
    return decide(WATCHED, seen, None)


# Name: the most, and how much there is.
LIMITS: dict[str, tuple[int, Callable[[Course], int]]] = {
    # EventBridge User Guide, quotas: an entry, all its texts together.
    "event": (256 * 1024, lambda made: len((json.dumps(made.detail) + SOURCE + DETAIL_TYPE).encode())),
    # SNS API Reference, Publish.
    "subject": (99, lambda made: max(len(one.subject) for one in made.notices)),
    "mail": (256 * 1024, lambda made: max(len(one.text.encode()) for one in made.notices)),
    # SSM API members PutParameterRequest.Value and Name.
    "look": (LARGEST_VALUE, lambda made: len(parameters.pack(made.look.to_json()).encode())),
    "name": (1011, lambda made: max(len(f"/shadow-test/{NAME}/told/{one.key}.3") for one in made.notices)),
    # CloudWatch API members Namespace, MetricName, DimensionValue.
    "namespace": (255, lambda _made: len(OWN_NAMESPACE)),
    "metric": (255, lambda made: max(len(one.name) for one, _ in made.metrics)),
    "dimension": (1024, lambda _made: len(NAME)),
    # CloudWatch API operation PutMetricData.
    "metrics": (1000, lambda made: len(made.metrics)),
}


@pytest.mark.parametrize("reason", ["r" * 5000, "\N{PILE OF POO}" * 5000, "\x1b\n" * 5000], ids=["long", "wide", "odd"])
@pytest.mark.parametrize("what", LIMITS)
def test_what_the_watch_says_fits_its_service(what: str, reason: str) -> None:
    """Whatever the verdict's reason: nothing is refused, so nobody goes untold."""
    most, size = LIMITS[what]
    made = course(reason)

    assert len(made.notices) == 2
    assert {one for one, _ in made.metrics} == set(METRICS)
    assert 0 < size(made) <= most
