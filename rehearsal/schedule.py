"""The watch's schedule of a deployed endpoint, brought forward: nobody waits a quarter of an hour for a look."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.local import LocalAws

EVERY = "rate(15 minutes)"


class Schedule:
    """What a stack has scheduled.

    Args:
        local: The local AWS.
        endpoint: The endpoint that is watched.

    Raises:
        RehearsalError: If nothing is scheduled for it.
    """

    def __init__(self, local: LocalAws, endpoint: str) -> None:
        events = local.client("events")
        listed = events.list_rules(NamePrefix=endpoint)["Rules"]
        rules = [one for one in listed if one.get("ScheduleExpression") == EVERY and one["State"] == "ENABLED"]
        if len(rules) != 1:
            raise RehearsalError(f"one watch is expected of '{endpoint}', there are {len(rules)}")
        [target] = events.list_targets_by_rule(Rule=rules[0]["Name"])["Targets"]
        self._lambda = local.client("lambda")
        self._function: str = target["Arn"]
        self.asked: dict[str, Any] = json.loads(target["Input"])

    def comes(self, asked: dict[str, Any] | None = None, *, waits: bool = False) -> None:
        """Invoke the function as EventBridge does.

        Args:
            asked: In place of what is scheduled.
            waits: Whether to wait until it has looked.
        """
        payload = json.dumps(asked or self.asked).encode()
        how = "RequestResponse" if waits else "Event"
        self._lambda.invoke(FunctionName=self._function, InvocationType=how, Payload=payload)
