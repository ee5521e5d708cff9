"""What every question of the dashboard is made from, and how it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shadow_constructs.dashboard.lanes import Lanes
from shadow_constructs.dashboard.widgets import Canvas, Widget, text
from shadow_constructs.values.shadow_test import ShadowTest

Row = Sequence[Widget]


@dataclass(frozen=True)
class Subject:
    """What the dashboard is about.

    Attributes:
        test: The endpoint, with every threshold in its policy.
        lanes: The variants.
        canvas: What all graphs share.
    """

    test: ShadowTest
    lanes: Lanes
    canvas: Canvas


def heading(question: str, sentence: str) -> Iterator[Row]:
    """The row above a question's graphs."""
    yield [text(f"## {question}\n{sentence}", height=2)]


def either(subject: Subject, compared: str, alone: str) -> str:
    """One of two wordings: with a shadow, and without one."""
    return alone if subject.lanes.pair is None else compared
