"""Recordings on which a gate is easily wrong, and what a careful engineer would want to hear of them.

They were simulated outside of this project; `tests.ops.judge.attacks` makes others of the same kinds.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording_file import loads

FOLDER = Path(__file__).parent / "recordings"
EXPECTED: dict[str, str] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_said_of_a_recording_is_what_a_careful_engineer_would_say(name: str) -> None:
    """Refusing to pass or to fail is an answer where it is asked for; no estimate lies outside of its interval."""
    recording = loads(lzma.decompress((FOLDER / f"{name}.json.xz").read_bytes()).decode())
    verdict = judge(recording, GatePolicy())
    expected = EXPECTED[name]

    if expected.startswith("not "):
        assert str(verdict.outcome) != expected.removeprefix("not "), verdict.reason
    else:
        assert str(verdict.outcome) == expected, verdict.reason
    for finding in verdict.findings:
        for middle, low, high in (("increase_percent", "low_percent", "high_percent"),):
            numbers = finding.numbers
            estimate, least, most = numbers.get(middle), numbers.get(low), numbers.get(high)
            assert estimate is None or least is None or least <= estimate
            assert estimate is None or most is None or estimate <= most


def test_every_recording_has_an_expectation() -> None:
    """None lies about unread."""
    assert {path.name.removesuffix(".json.xz") for path in FOLDER.glob("*.xz")} == set(EXPECTED)
    assert {str(one) for one in Outcome} >= {text.removeprefix("not ") for text in EXPECTED.values()}
