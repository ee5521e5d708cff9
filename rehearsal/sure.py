"""Requests until the judge is sure: no longer than that takes, and on a busy machine as long as it takes."""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.local import LocalAws
from rehearsal.traffic import Traffic
from shadow_ops.aws.endpoint import describe
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge.live import judge_live
from shadow_ops.judge.verdict import Outcome, Verdict

_PATIENCE_SECONDS = 150
# What is sure now is sure in a few seconds, when a deployment asks the judge again.
_AFTERWARDS_SECONDS = 4


@dataclass(frozen=True)
class _Clients:
    cloudwatch: Any


def send_until(local: LocalAws, traffic: Traffic, endpoint: str, policy: GatePolicy, outcome: Outcome) -> Verdict:
    """Send requests to a shadow test until its verdict is the one that is waited for.

    Args:
        local: The local AWS.
        traffic: What is sent.
        endpoint: Where to.
        policy: What is judged by.
        outcome: What is waited for.

    Raises:
        RehearsalError: If it isn't reached within two and a half minutes; with the verdict so far.
    """
    clients, sagemaker = _Clients(local.client("cloudwatch")), local.client("sagemaker")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with traffic:
        while time.monotonic() < deadline:
            time.sleep(1)
            live = describe(sagemaker, endpoint)
            if live is None:
                raise RehearsalError(f"there is no endpoint {endpoint}")
            _, verdict = judge_live(clients, live, policy, None, datetime.datetime.now(datetime.UTC))
            if verdict.outcome is outcome:
                time.sleep(_AFTERWARDS_SECONDS)
                return verdict
    raise RehearsalError(f"the judge isn't sure after {_PATIENCE_SECONDS} s: {verdict.outcome}: {verdict.reason}")
