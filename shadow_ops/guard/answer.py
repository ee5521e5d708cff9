"""Answer CloudFormation: always, once, and before the function's time is up."""

from __future__ import annotations

import json
import logging
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from shadow_ops.contract.problems import harmless
from shadow_ops.guard.refusal import Refusal

LOG = logging.getLogger(__name__)

# In bytes (CloudFormation User Guide, custom resource response objects).
_LONGEST_ANSWER = 4096
# In characters; a terminal shows less.
_LONGEST_REASON = 1000
_TRIES = 4

Put = Callable[[str, bytes], None]


def success(attributes: Mapping[str, str], notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Say that it is done, and what people should know."""
    return {"Status": "SUCCESS", "Reason": _line("; ".join(notes)) or "done", "Data": dict(attributes)}


def failure(reason: str) -> dict[str, Any]:
    """Say that it must not go on, and why, in one line."""
    return {"Status": "FAILED", "Reason": _line(reason) or "the guard failed without a word; see its log"}


def body(event: Mapping[str, Any], physical_id: str, answer: Mapping[str, Any]) -> bytes:
    """What is sent: the answer to a request, its reason cut to what CloudFormation takes."""
    names = ("StackId", "RequestId", "LogicalResourceId")
    fields = {**answer, "PhysicalResourceId": physical_id, **{name: event[name] for name in names}}
    made = json.dumps(fields, ensure_ascii=False).encode()
    reason = str(fields["Reason"])
    while len(made) > _LONGEST_ANSWER and reason:
        # A character has four bytes at most.
        reason = reason[: -max(1, (len(made) - _LONGEST_ANSWER) // 4)]
        fields["Reason"] = f"{reason}..."
        made = json.dumps(fields, ensure_ascii=False).encode()
    return made


def check_address(url: str) -> None:
    """Check where an answer shall go: it may only be sent over TLS.

    An emulation of AWS that the function runs in may have it otherwise; its address is in the function's environment.

    Raises:
        Refusal: If it is anything else.
    """
    emulated = os.environ.get("AWS_ENDPOINT_URL", "")
    where = urllib.parse.urlsplit(url)
    if where.scheme == "https" or (emulated and where.port == urllib.parse.urlsplit(emulated).port):
        return
    raise Refusal(f"the answer can't be sent to {where.scheme}://{where.hostname}: it must be https")


def put(url: str, content: bytes) -> None:
    """Send an answer to the address that CloudFormation gave, again if need be.

    Raises:
        OSError: If it isn't taken; Lambda then delivers the event once more, and the answer is in the journal.
    """
    check_address(url)
    for attempt in range(1, _TRIES + 1):
        # The address is signed for a request without a content type.
        request = urllib.request.Request(url, data=content, method="PUT", headers={"Content-Type": ""})
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            LOG.exception("the answer was not taken")
            if attempt == _TRIES:
                raise
            time.sleep(attempt)


def _line(text: str) -> str:
    # Also halves of characters: what can't be encoded can't be sent, and CloudFormation would wait an hour.
    return harmless(" ".join(text.split()), _LONGEST_REASON)
