"""What boto3 lacks: a type of its clients, the pages of any call, and the clients of a Lambda function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

Client: TypeAlias = Any
"""A client, whose class boto3 makes at run time."""


def pages(call: Callable[..., Mapping[str, Any]], **asked: object) -> Iterator[Mapping[str, Any]]:
    """Each page of an answer. boto3's paginators would go round what stands before a client, as the guard's patience.

    Args:
        call: A method of a client.
        asked: Its arguments.
    """
    token: dict[str, str] = {}
    while True:
        page = call(**asked, **token)
        yield page
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def clients_of(function: str, *, attempts: int = 5, read_timeout: int = 20) -> Callable[..., Client]:
    """What makes clients of the account and Region that a function runs in, as ``boto3.client`` does.

    Args:
        function: Stands in the user agent.
        attempts: How often a call is tried.
        read_timeout: Seconds until an answer must come.
    """
    # Loading boto3 takes longer than any call; only the real function needs it.
    import boto3
    from botocore.config import Config

    config = Config(
        # Standard mode: throttled calls wait longer each time (botocore documentation, retries).
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=5,
        read_timeout=read_timeout,
        user_agent_extra=function,
    )
    return partial(boto3.client, config=config)
