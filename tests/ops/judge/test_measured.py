"""docs/gate.md has the figures that the benchmark wrote down, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import gate
from tests.support.attacks import ATTACKS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("page", ["gate.md", "gate-measured.md"])
def test_the_pages_have_the_tables_of_what_was_measured(page: str) -> None:
    """Each figure between the marks comes from the benchmark's own file."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    shown = text[text.index(gate.BEGIN) + len(gate.BEGIN) : text.index(gate.END)]
    assert shown.strip() == gate.pages(json.loads(gate.RESULTS.read_text(encoding="utf-8")))[page].strip()


def test_what_was_measured_is_a_kind_that_there_is() -> None:
    """A kind that is renamed is measured again; titles are unique."""
    titles = [one.title for one in ATTACKS]
    assert len(set(titles)) == len(titles)
    assert set(json.loads(gate.RESULTS.read_text(encoding="utf-8"))["attacks"]) <= set(titles)


def test_the_generator_makes_the_same_test_of_the_same_seed() -> None:
    """And another of another."""
    attack = next(one for one in ATTACKS if one.hours[-1] < 5)
    assert attack.recording(1) == attack.recording(1)
    assert attack.recording(1) != attack.recording(2)
