"""Calls from anywhere onto the event loop, where SageMaker's state lives."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class LoopBridge:
    """Runs functions on one event loop, whichever thread asks.

    CloudFormation handles most resources on the loop itself and those that wait on threads; the state they share is
    only ever touched on the loop.

    Args:
        loop: The loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.get_ident()

    def run(self, function: Callable[[], T]) -> T:
        """Return what ``function`` returns on the loop, or raise what it raises."""
        if threading.get_ident() == self._thread:
            return function()

        async def call() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()
