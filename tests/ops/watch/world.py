"""An account in memory, as far as the watch calls it: every call is counted, and may be the last of its function."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.contract.watched import Watched
from shadow_ops.judge.verdict import Outcome, Verdict
from shadow_ops.watch.look import Clients
from tests.ops.cli.services import Services
from tests.ops.fake_cloudwatch import START
from tests.ops.parameter_store import ParameterStore, aws_error

WATCHED = Watched(endpoint="churn", topic_arn="arn:aws:sns:eu-west-1:111122223333:team", expires_after_days=14)


class KilledError(BaseException):
    """The function is gone: nothing after this runs, nobody catches it."""


class _Ssm:
    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        self._world.called(f"ssm:{''.join(map(str.title, operation.split('_')))}")
        method: Callable[..., Any] = getattr(self._world, operation)
        return method


class _CloudWatch:
    def __init__(self, world: World) -> None:
        self._world = world

    def get_metric_data(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3's
        """Ten requests to each variant in any minute."""
        self._world.called("cloudwatch:GetMetricData")
        minutes = int((request["EndTime"] - request["StartTime"]).total_seconds() / 60)
        times = [request["StartTime"] + datetime.timedelta(minutes=one) for one in range(minutes)]
        return {
            "MetricDataResults": [
                {"Id": one["Id"], "Timestamps": times, "Values": [10.0] * minutes}
                for one in request["MetricDataQueries"]
            ]
        }

    def put_metric_data(self, **request: Any) -> None:  # noqa: ANN401 - as boto3's
        self._world.called("cloudwatch:PutMetricData")
        self._world.metrics.append(request)


class _Events:
    def __init__(self, world: World) -> None:
        self._world = world

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self._world.called("events:PutEvents")
        if self._world.full:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorMessage": "the bus is full"}]}
        self._world.events += Entries
        return {"FailedEntryCount": 0, "Entries": [{}]}


class _Sns:
    def __init__(self, world: World) -> None:
        self._world = world

    def publish(self, **request: str) -> None:
        self._world.called("sns:Publish")
        if self._world.refuses is not None:
            raise self._world.refuses
        self._world.mail.append(request)


class _S3:
    """The bucket of captured data."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get_paginator(self, operation: str) -> _S3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto3's names
        self._world.called("s3:ListBucket")
        if self._world.locked:
            raise aws_error("AccessDenied", "no", "ListObjectsV2")
        keys = sorted(
            key for key in self._world.captured if f"s3://{Bucket}/{key}".startswith(f"s3://{Bucket}/{Prefix}")
        )
        yield {"Contents": [{"Key": key, "Size": len(self._world.captured[key])} for key in keys]}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Bucket == "captures"
        self._world.called("s3:GetObject")
        return {"Body": io.BytesIO(self._world.captured[Key])}


class World(ParameterStore):
    """One account, its time, and what the gate says.

    Attributes:
        parameters: Parameter Store.
        mail: What was published to people.
        metrics: Calls of PutMetricData.
        events: What was put on the bus.
        calls: The actions that were called, in order.
        verdict: What the gate says from now on.
        now: The time.
        on_call: Runs at the beginning of each call, with its number since the last look began; may kill.
        refuses: Raised by each publication.
        full: Whether EventBridge takes no event.
        captured: Captured files by key.
        locked: Whether S3 refuses.
    """

    def __init__(self) -> None:
        self.services = Services()
        self.parameters = {name: values[-1] for name, values in self.services.parameters.items()}
        self.mail: list[dict[str, str]] = []
        self.metrics: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.verdict = Outcome.INCONCLUSIVE
        self.now = START
        self.on_call: Callable[[int], None] = lambda _number: None
        self.refuses: ClientError | None = None
        self.full = False
        self.captured: dict[str, bytes] = {}
        self.locked = False
        self._number = 0

    def keep(self, name: str, value: str) -> None:
        """The last version alone: nobody asks for others here."""
        self.parameters[name] = value

    def called(self, action: str) -> None:
        """Note a call."""
        self.calls.append(action)
        self._number += 1
        self.on_call(self._number)

    @property
    def clients(self) -> Clients:
        """The services."""
        self._number = 0
        sagemaker = self.services.client("sagemaker")
        return Clients(sagemaker, _CloudWatch(self), _Ssm(self), _Events(self), _Sns(self), _S3(self))

    def later(self, **span: float) -> None:
        """Let time go by."""
        self.now += datetime.timedelta(**span)

    def judge(self, _clients: object, live: Any, policy: Any, *_rest: object) -> Any:  # noqa: ANN401 - as judge_live
        """The gate's answer, without its work."""
        from shadow_ops.measure.recording import Coarse, Period, Recording, Side

        period = Period(live.config.created, Side(), Side({"Invocations": 12}))
        known = Coarse(3600, tuple(self._counted()))
        recording = Recording("churn", "production", "shadow", 50, 60, (period, period), policy=policy, answers=known)
        return recording, Verdict(self.verdict, f"the gate says {self.verdict}", ())

    def _counted(self) -> Iterator[Any]:
        """The stretches whose counts were published."""
        from shadow_ops.measure.recording import Period, Side

        for start in sorted(
            {one["Timestamp"].replace(minute=0, second=0) for one in self.published("ComparedAnswers")}
        ):
            yield Period(start, Side(), Side({"ComparedAnswers": 1, "AgreeingAnswers": 1}))

    def published(self, metric: str) -> list[dict[str, Any]]:
        """All values of a metric, without those of one endpoint config alone."""
        data = [one for request in self.metrics for one in request["MetricData"]]
        return [one for one in data if one["MetricName"] == metric and len(one["Dimensions"]) < 3]
