"""CloudWatch's alarms: stored and announced by ministack, validated and evaluated by us."""

from __future__ import annotations

import logging
import time
from typing import Any

from botocore.model import StructureShape

from local_aws import ACCOUNT_ID
from local_aws.api_model import check_request, coerce, operation
from local_aws.errors import ServiceError
from local_aws.glue import private
from local_aws.loose import Foreign
from local_aws.metrics import alarms, queries
from local_aws.metrics.store import MetricStore, Once

logger = logging.getLogger(__name__)
_FORCED_SECONDS = 10.0
_STATE = ("StateValue", "StateReason", "StateUpdatedTimestamp", "StateTransitionedTimestamp", "Created")


class CloudWatchAlarms:
    """Reads and writes ministack's alarm stores.

    Args:
        store: The metrics that alarms look at.
        wait_scale: Local seconds per AWS second of an alarm's warm-up.
    """

    def __init__(self, store: MetricStore, wait_scale: float) -> None:
        self._store = store
        self._wait_scale = wait_scale
        self._module = private.module("services.cloudwatch")
        self._forced: dict[tuple[str, str], float] = {}

    def install(self) -> None:
        """Stop ministack from evaluating alarms itself, and notice when a state is set by hand."""
        self._module._evaluate_alarm = lambda _alarm: None
        self._module._evaluate_all_alarms = lambda: None
        original = self._module._set_alarm_state

        def set_state(params: dict[str, Any], decoded: dict[str, Any], *protocol: bool) -> Foreign:
            name = decoded.get("AlarmName") or (params.get("AlarmName") or [""])[0]
            # On AWS the next evaluation, up to a minute later, overrides a state set by hand.
            region = private.module("core.responses").get_region()
            self._forced[region, name] = time.monotonic() + _FORCED_SECONDS
            return original(params, decoded, *protocol)

        self._module._set_alarm_state = set_state

    def _scope(self, region: str) -> Foreign:
        return private.module("core.responses").request_scope(ACCOUNT_ID, region)

    def _all(self, region: str) -> dict[str, dict[str, Any]]:
        with self._scope(region):
            return dict([*self._module._alarms.items(), *self._module._composite_alarms.items()])

    def names(self, region: str) -> set[str]:
        """Return the names of a region's alarms."""
        return set(self._all(region))

    def in_alarm(self, region: str, names: list[str]) -> list[str]:
        """Return which of the named alarms are in ALARM."""
        if not names:
            return []
        held = self._all(region)
        return [name for name in names if name in held and held[name]["StateValue"] == "ALARM"]

    def put(self, request: dict[str, Any]) -> dict[str, Any]:
        """PutMetricAlarm: an existing alarm keeps its state.

        Raises:
            ServiceError: If the request is refused.
        """
        shape = operation("cloudwatch", "PutMetricAlarm").input_shape
        assert isinstance(shape, StructureShape)
        wanted = coerce(shape, {key: value for key, value in request.items() if value is not None})
        check_request("cloudwatch", "PutMetricAlarm", wanted)
        alarms.check(wanted)
        name = wanted["AlarmName"]
        region = private.module("core.responses").get_region()
        now = int(time.time())
        fresh: dict[str, Any] = {"StateValue": "INSUFFICIENT_DATA", "StateReason": "Unchecked: Initial alarm creation"}
        fresh.update({"StateUpdatedTimestamp": now, "StateTransitionedTimestamp": now, "Created": now})
        existing = self._module._alarms.get(name)
        alarm: dict[str, Any] = {
            "ActionsEnabled": True,
            "AlarmActions": [],
            "OKActions": [],
            "InsufficientDataActions": [],
            **{key: value for key, value in wanted.items() if key != "Tags"},
            **({key: existing[key] for key in _STATE if key in existing} if existing else fresh),
            "AlarmArn": f"arn:aws:cloudwatch:{region}:{ACCOUNT_ID}:alarm:{name}",
            "AlarmConfigurationUpdatedTimestamp": now,
        }
        self._module._alarms[name] = alarm
        if not existing:
            reason = str(fresh["StateReason"])
            self._module._record_history(name, "INSUFFICIENT_DATA", "INSUFFICIENT_DATA", reason)
            if wanted.get("Tags"):
                self._module.cloudformation_set_metric_alarm_tags(name, wanted["Tags"])
        return {}

    def evaluate(self) -> None:
        """Evaluate every alarm of every region."""
        # Most alarms of an endpoint look at the same few metrics.
        now, store = time.time(), Once(self._store)
        for (account, region, name), alarm in list(self._module._alarms._data.items()):
            if account != ACCOUNT_ID or self._forced.get((region, name), 0.0) > time.monotonic():
                continue
            with self._scope(region):
                try:
                    self._evaluate(store, region, alarm, now)
                except ServiceError as error:
                    logger.warning("alarm %s cannot be evaluated: %s", name, error.message)

    def _evaluate(self, store: Once, region: str, alarm: dict[str, Any], now: float) -> None:
        warm_up = (alarm.get("WarmUpConfiguration") or {}).get("WarmUpPeriodDurationInMinutes", 0)
        if now < alarm.get("Created", 0) + warm_up * 60 * self._wait_scale:
            return
        values, samples = self._values(store, region, alarm, now)
        if alarms.low_sample(alarm, samples):
            return
        found = alarms.verdict(alarm, values)
        old = alarm["StateValue"]
        if found.state == old:
            return
        alarm.update(StateValue=found.state, StateReason=found.reason, StateUpdatedTimestamp=int(now))
        alarm["StateTransitionedTimestamp"] = int(now)
        logger.info("alarm %s: %s -> %s: %s", alarm["AlarmName"], old, found.state, found.reason)
        self._module._record_history(alarm["AlarmName"], old, found.state, found.reason)
        self._module._dispatch_alarm_actions(alarm, old, found.state, found.reason)
        self._module._evaluate_parent_alarms(alarm)

    def _values(
        self, store: Once, region: str, alarm: dict[str, Any], now: float
    ) -> tuple[list[float | None], list[float]]:
        """Return the values of the windows that end now, oldest first, and their sample counts."""
        period = alarms.period_of(alarm)
        end = int(now) + 1
        start = end - period * (alarm["EvaluationPeriods"] + alarms.EXTRA_PERIODS)
        span = queries.Span(start, end, origin=end)
        wanted = alarms.queries_of(alarm)
        points = queries.query_points(store, region, wanted, span)[alarms.returned_id(wanted)]
        samples = []
        if "MetricStat" in wanted[0] and alarm.get("ExtendedStatistic"):
            key = queries.metric_key(region, wanted[0]["MetricStat"]["Metric"])
            samples = [s.count for s in store.read(key, start, end, period, origin=end).values()]
        return [points.get(begin) for begin in range(start, end, period)], samples
