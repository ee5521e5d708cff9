"""Answer CloudFormation: always, once, and before the function's time is up."""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

LOG = logging.getLogger(__name__)

# CloudFormation takes 4096 bytes in all (User Guide, custom resource response objects); a terminal shows less.
_LONGEST_REASON = 1000
_TRIES = 4

Put = Callable[[str, bytes], None]


class Answer:
    """The answer to one request; only the first one counts.

    Args:
        event: CloudFormation's request.
        physical_id: The resource's physical id.
        put: Sends it.
    """

    def __init__(self, event: Mapping[str, Any], physical_id: str, put: Put) -> None:
        self._event = event
        self._physical_id = physical_id
        self._put = put
        self._lock = threading.Lock()
        self._given = False

    def success(self, attributes: Mapping[str, str]) -> None:
        """Say that it is done."""
        self._give({"Status": "SUCCESS", "Reason": "done", "Data": dict(attributes)})

    def failure(self, reason: str) -> None:
        """Say that it must not go on, and why, in one line."""
        line = " ".join(reason.split()) or "the guard failed without a word; see its log"
        short = line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 3]}..."
        self._give({"Status": "FAILED", "Reason": short})

    def _give(self, fields: Mapping[str, Any]) -> None:
        with self._lock:
            if self._given:
                return
            self._given = True
        names = ("StackId", "RequestId", "LogicalResourceId")
        body = {**fields, "PhysicalResourceId": self._physical_id, **{name: self._event[name] for name in names}}
        self._put(self._event["ResponseURL"], json.dumps(body).encode())


def put(url: str, body: bytes) -> None:
    """Send an answer to the address that CloudFormation gave, again if need be."""
    for attempt in range(1, _TRIES + 1):
        # The address is signed for a request without a content type.
        request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            LOG.exception("the answer was not taken")
            if attempt == _TRIES:
                raise
            time.sleep(attempt)
