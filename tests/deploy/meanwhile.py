"""Something happens while an endpoint is updated: neither side depends on how quick the other is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from rehearsal import seen
from rehearsal.cdk import Run
from rehearsal.local import LocalAws

_PATIENCE_SECONDS = 300


def while_updating(local: LocalAws, endpoint: str, deploy: Callable[[], Run], act: Callable[[], object]) -> Run:
    """Deploy, and act once the endpoint is updating; the update is held until that is done.

    Raises:
        RehearsalError: If the endpoint isn't updated in five minutes.
        AssertionError: If the deployment ends without an update.
    """
    over = threading.Event()

    def is_updating() -> bool:
        status: str = local.client("sagemaker").describe_endpoint(EndpointName=endpoint)["EndpointStatus"]
        return status == "Updating"

    def act_meanwhile() -> None:
        try:
            seen.until("the endpoint is updating", _PATIENCE_SECONDS, lambda: over.is_set() or is_updating())
            if not over.is_set():
                act()
        finally:
            local.clear_faults("held-update")

    local.fault("held-update", endpoint=endpoint)
    with ThreadPoolExecutor(1) as somebody:
        acting = somebody.submit(act_meanwhile)
        try:
            run = deploy()
        finally:
            over.set()
        acting.result()
    return run
