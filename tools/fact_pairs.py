"""Writes docs/fact-pairs.md: the facts that a value holds twice, as the code checks them.

Run ``python -m tools.fact_pairs`` after a pair was added or changed; a test holds the page against the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shadow_constructs.values.pairs import of_hardware, of_managed, of_stack, of_test, of_variant
from shadow_constructs.values.pairs.pair import Pair

PAGE = Path(__file__).parents[1] / "docs" / "fact-pairs.md"
"""The page that is written."""

_TABLES: dict[str, tuple[Pair[Any], ...]] = {
    "`Hardware(...)`": of_hardware.PAIRS,
    "`Variant(...)`": of_variant.PAIRS,
    "`ShadowTest(...)`": of_test.PAIRS,
    "`ManagedShadowTest(...)`": of_managed.PAIRS,
    "synth": of_stack.PAIRS,
}

_HEAD = """# What has to agree

Some facts are said twice: an image is built for one kind of processor and an instance has one, a key lies in one
Region and a stack is deployed to one. Each such pair is checked in one place, as early as both are known, and refused
in one line that says what to change. What isn't known is never guessed: of an image of your own nothing but the
platform of its Dockerfile is. A promotion is checked like a test, and with it, so that it never brings together what
the test kept apart. One text may say it twice, too: an ARN its partition and Region, a registry's host its Region and
how it ends. Both go by one table of AWS's partitions, as whatever is written does.

| said twice | refused or warned about | seen by | source |
| --- | --- | --- | --- |
"""


def every_pair() -> Iterator[Pair[Any]]:
    """All pairs, from the smallest value to the whole stack."""
    for pairs in _TABLES.values():
        yield from pairs


def page() -> str:
    """The page as it has to be."""
    rows = (
        f"| {pair.facts} | {pair.then}: {pair.clash} | {seen_by} | {pair.source} |"
        for seen_by, pairs in _TABLES.items()
        for pair in pairs
    )
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
