"""What stacks keep outlives a release: how a reader meets what another release wrote.

Whoever reads takes what it knows, and says in a word what it leaves out. The way on is always a newer reader, never an
older stack.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from shadow_ops.contract.problems import shown
from shadow_ops.contract.typed import whole

FORMAT = 2
"""The format that this release writes; raised when older readers would misunderstand what is written."""


def format_of(data: Mapping[str, Any], name: str) -> int:
    """The format that something was written in; the first one didn't say.

    Raises:
        ValueError: If it is no format's number.
    """
    given = data.get(name, 1)
    # In a custom resource's properties every number is text.
    if isinstance(given, str) and not re.fullmatch(r"[0-9]{1,9}", given):
        raise ValueError(f"{name} is {shown(given)}")
    version = whole(int(given) if isinstance(given, str) else given)
    if version < 1:
        raise ValueError(f"{name} is {version}")
    return version


def newer(where: str, version: int) -> str:
    """The line about something that a newer release wrote."""
    return f"{where}: made by a newer release (format {version}, this one knows {FORMAT}): upgrade shadow-test"


def check_known(data: Mapping[Any, Any], known: Collection[str], where: str, unread: list[str]) -> None:
    """Add a line for each key that isn't known."""
    strangers = (str(name)[:60] for name in data if name not in known)
    unread.extend(f"{where}: this release doesn't know {name!r} and leaves it out" for name in strangers)
