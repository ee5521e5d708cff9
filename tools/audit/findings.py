"""Findings of validators, and the reasons why some stay. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

_HEADING = "| finding | of | why it stays |"
_CODE = re.compile(r"`([^`]+)`")


class ReasonsError(ValueError):
    """The table of reasons can't be read."""


def reasons(page: str) -> dict[str, str]:
    """The reasons of a page, by the pattern of the findings: a table under a heading of three columns.

    Raises:
        ReasonsError: If there is no such table, a row gives no reason, or a pattern is there twice.
    """
    _, found, table = page.partition(_HEADING)
    if not found:
        raise ReasonsError(f"there is no table with the heading {_HEADING!r}")
    made: dict[str, str] = {}
    for row in table.splitlines()[2:]:
        if not row.startswith("|"):
            break
        patterns, _, reason = (cell.strip() for cell in row.strip("|").split("|"))
        if len(reason.split()) < 3:
            raise ReasonsError(f"no reason is given for {patterns}")
        for pattern in _CODE.findall(patterns):
            if pattern in made:
                raise ReasonsError(f"{pattern} is there twice")
            made[pattern] = reason
    return made


def problems(found: Iterable[str], explained: Iterable[str]) -> Iterator[str]:
    """What is wrong between findings and reasons, a line each: findings without a reason, reasons without a finding.

    Args:
        found: Names of rules that found something; what a rule adds in brackets is left out.
        explained: Patterns of rules, such as ``*-LambdaDLQ``.
    """
    rules = sorted({re.sub(r"\[.*", "", one) for one in found})
    patterns = list(explained)
    for rule in rules:
        if not any(fnmatchcase(rule, pattern) for pattern in patterns):
            yield f"{rule} has no reason in docs/security.md: mend it, or say there why it stays"
    for pattern in patterns:
        if not any(fnmatchcase(rule, pattern) for rule in rules):
            yield f"{pattern} is found no more: take it out of docs/security.md"
