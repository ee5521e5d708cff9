"""What the watch says: the gate's latest verdict, for how long it has been so, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.dashboard import colours
from shadow_constructs.dashboard.questions.question import Row, Subject
from shadow_constructs.dashboard.widgets import Json, Widget
from shadow_ops.contract.catalogue import OWN_NAMESPACE
from shadow_ops.contract.watched import INSTANCE_HOURS, REQUESTS, VERDICT, VERDICT_AGE, WatchMetric

_HEIGHT = 3


def rows(subject: Subject) -> Iterator[Row]:
    """The watch's figures as it published them last; nothing where no watch looks."""
    test = subject.test
    if not test.watched:
        return

    def metric(one: WatchMetric, id: str, **shown: object) -> list[object]:
        return [OWN_NAMESPACE, one.name, "EndpointName", test.endpoint_name, {"id": id, **shown}]

    in_hours = {"expression": "a/3600", "label": "unchanged for (hours)", "id": "e1", "color": colours.DIFFERENCE}
    properties: Json = {
        "title": "The gate's verdict: 1 is PASS, 0 INCONCLUSIVE, -1 FAIL",
        "view": "singleValue",
        "region": subject.canvas.region,
        # A look is a point: longer periods would mix verdicts, shorter ones have gaps.
        "period": test.watch.every_minutes * 60,
        # Of two looks in a period the worse verdict is shown.
        "stat": "Minimum",
        "metrics": [
            metric(VERDICT, "v", label="verdict", color=colours.DIFFERENCE),
            [in_hours],
            metric(VERDICT_AGE, "a", visible=False),
            metric(REQUESTS, "r", label="requests to the shadow", color=colours.SHADOW),
            metric(INSTANCE_HOURS, "i", label="instance-hours of the shadow", color=colours.SHADOW),
        ],
    }
    yield [Widget("metric", 24, _HEIGHT, properties)]
