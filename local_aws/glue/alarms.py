"""CloudWatch's alarms, as the rest of the local AWS sees them."""

from __future__ import annotations

from typing import Any

from local_aws import ACCOUNT_ID
from local_aws.glue import private


class CloudWatchAlarms:
    """Reads ministack's alarm stores."""

    def __init__(self) -> None:
        self._module = private.module("services.cloudwatch")

    def _all(self, region: str) -> dict[str, dict[str, Any]]:
        with private.module("core.responses").request_scope(ACCOUNT_ID, region):
            return dict([*self._module._alarms.items(), *self._module._composite_alarms.items()])

    def names(self, region: str) -> set[str]:
        """Return the names of a region's alarms."""
        return set(self._all(region))

    def in_alarm(self, region: str, names: list[str]) -> list[str]:
        """Return which of the named alarms are in ALARM."""
        if not names:
            return []
        alarms = self._all(region)
        return [name for name in names if name in alarms and alarms[name]["StateValue"] == "ALARM"]

    def evaluate(self) -> None:
        """Evaluate every alarm."""
