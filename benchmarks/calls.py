"""How often each side asks the CDK, which is another process: what synthesis costs beyond the CDK's own work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import aws_cdk as cdk
from jsii._kernel.providers.process import _NodeProcess

from benchmarks import floor, synth


def calls(counts: tuple[int, ...]) -> dict[str, list[int]]:
    """Requests that each of these numbers of endpoints takes, synthesis included; what is asked once is left out."""
    floor.write()
    found: dict[str, list[int]] = {}
    for side, build in (("library", synth.library()), ("floor", synth.literals())):
        _count(build, 1)
        found[side] = [_count(build, count) for count in counts]
    return found


def _count(build: synth.Build, endpoints: int) -> int:
    with _counted() as seen:
        app = cdk.App(analytics_reporting=False)
        for number in range(endpoints):
            build(app, f"churn-{number}")
        app.synth()
    return len(seen)


@contextmanager
def _counted() -> Iterator[list[object]]:
    seen: list[object] = []
    send = _NodeProcess.send

    def counting(process: _NodeProcess, request: Any, response_type: Any) -> Any:  # noqa: ANN401 - jsii's
        seen.append(request)
        return send(process, request, response_type)

    with mock.patch.object(_NodeProcess, "send", counting):
        yield seen
