"""Requests until the judge is sure: no longer than that takes, and on a busy machine as long as it takes."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.cdk import Run
from rehearsal.errors import RehearsalError
from rehearsal.local import LocalAws
from rehearsal.traffic import Traffic
from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import describe
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge.live import judge_live
from shadow_ops.judge.verdict import Outcome, Verdict

_PATIENCE_SECONDS = 150
# A verdict at the edge of its evidence may go again with the next second; one that stays so long has some to spare.
_STEADY_LOOKS = 8
_ATTEMPTS = 4


MODEL_MILLISECONDS = 40
"""What a model takes here that takes its time: some forty times what the small ones do."""


@dataclass(frozen=True)
class _Clients:
    cloudwatch: Client


def take_time(local: LocalAws, endpoint: str, *variants: str) -> None:
    """Have models take as long as real ones do.

    One that answers in a millisecond is several times slower whenever the machine is busy, and the judge is right not
    to be sure of two such for minutes. Of two that take their time it is as soon as its policy lets it.

    Args:
        local: The local AWS.
        endpoint: Where they serve; until the faults are cleared.
        variants: Under which names.
    """
    for variant in variants:
        local.fault("slow", endpoint=endpoint, variant=variant, milliseconds=MODEL_MILLISECONDS)


def send_until(local: LocalAws, traffic: Traffic, endpoint: str, policy: GatePolicy, outcome: Outcome) -> Verdict:
    """Send requests to a shadow test until its verdict is, and stays, the one that is waited for.

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
    looks = 0
    with traffic:
        while time.monotonic() < deadline:
            time.sleep(1)
            live = describe(sagemaker, endpoint)
            if live is None:
                raise RehearsalError(f"there is no endpoint {endpoint}")
            _, verdict = judge_live(clients, live, policy, None, datetime.datetime.now(datetime.UTC))
            looks = looks + 1 if verdict.outcome is outcome else 0
            if looks == _STEADY_LOOKS:
                return verdict
    raise RehearsalError(f"the judge isn't sure after {_PATIENCE_SECONDS} s: {verdict.outcome}: {verdict.reason}")


def promote(deploy: Callable[[], Run], wait: Callable[[], object]) -> Run:
    """Promote as a person does: where the gate isn't sure at that moment, wait as it says, and deploy again.

    Args:
        deploy: Deploys the promotion.
        wait: Lets requests come in, and returns when the judge may be asked again.

    Returns:
        The first run that wasn't refused for want of evidence, or the last one.
    """
    for _ in range(_ATTEMPTS - 1):
        run = deploy()
        if run.exit_code == 0 or "the gate says INCONCLUSIVE" not in " ".join(run.output.split()):
            return run
        wait()
    return deploy()
