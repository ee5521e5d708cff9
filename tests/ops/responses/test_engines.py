"""Every engine gives the same counts on the same files, and no record is lost."""

from __future__ import annotations

import json
import math
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.counted import SIDES
from shadow_ops.responses.engines import Engine
from shadow_ops.responses.engines.duck import DuckEngine
from shadow_ops.responses.engines.stdlib import StdlibEngine
from shadow_ops.responses.result import Read, Result
from shadow_ops.responses.tally import Tally
from tests.ops.responses.captured import Said, tallied, write
from tests.ops.responses.odd import NO_UTF8, ODD

IDS = st.one_of(st.none(), st.sampled_from(["", "a", "b", "c", "Ω", "a b"]), st.integers(0, 40).map(str))
NUMBERS = st.one_of(
    st.floats(0, 1).map(str),
    st.sampled_from(
        [
            "0.5",
            "0.50",
            " 0.5\n",
            "0.500001",
            "1e3",
            "1_000",
            "nan",
            "-inf",
            "+-5",
            "1e200",
            "1.0000001e200",
            "1e400",
            "1e401",
            "٣",
            "0x10",
        ]
    ),
)
ANSWERS = st.one_of(
    NUMBERS,
    st.lists(NUMBERS, min_size=2, max_size=3).map(",".join),
    st.lists(NUMBERS, min_size=2, max_size=3).map("\n".join),
    st.sampled_from(
        [
            '{"score": 0.5}',
            '{"score": 0.50}',
            '{"score": 0.7, "id": 1}',
            '{"score": NaN}',
            '{"score": 1e400}',
            '{"score": 1e401}',
            '[1, 2, "x"]',
            "[[1,2],[3]]",
            '{"a": 1}\n{"a": 2}',
            "the cat sat",
            "the cat sat down",
            "",
            "null",
            "{broken",
            '"ünï"',
            "true",
            "0.5,0.7",
            "0.5\n0.7",
            "0\n1",
            '[{"score": 0.5}, {"score": 0.5, "id": 2}]',
            '[{"score": 0.5}, {}]',
            r'{"score": 0.5, "\ud83d": 1}',
            r'{"score": "\uDE00"}',
            r'"half \ud83d"',
        ]
    ),
    st.none(),
    st.sampled_from([5, {"already": "JSON"}, True, 0.25]),
)
REQUESTS = st.one_of(
    st.none(), st.sampled_from(["1,2", "1,3", '{"user": {"kind": "x"}}', r'{"user": {"kind": "\ud83d"}}', "x" * 50, ""])
)
SAID = st.builds(
    Said,
    id=IDS,
    answer=ANSWERS,
    request=REQUESTS,
    hour=st.sampled_from([0, 0, 0, 1, 2, 4]),
    event=st.one_of(st.none(), st.integers(0, 9).map(str)),
    encoding=st.sampled_from(["CSV", "JSON", "BASE64"]),
    content_type=st.sampled_from(
        ["text/csv", "application/json", "text/event-stream", "TEXT/EVENT-STREAM; x", "application/x-npy"]
    ),
)
# A file without odd lines takes another way through the fast engine.
LINES = st.one_of(
    st.lists(SAID, max_size=12), st.lists(SAID, max_size=12), st.lists(st.one_of(SAID, ODD, ODD, NO_UTF8), max_size=8)
)
# To shrink a comparison of files takes minutes, and says little more.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
HOW = st.builds(
    lambda shape, part, atol, rtol, by: Comparison(
        # Classes have no tolerance.
        **shape,
        **part,
        by=by,
        **({} if "classes" in shape else {"atol": atol, "rtol": rtol}),
    ),
    atol=st.sampled_from([0, 1e-6, 0.1]),
    rtol=st.sampled_from([0, 1e-6]),
    shape=st.sampled_from(
        [*({"classes": one} for one in ("threshold", "argmax", "label")), {}, {}, {"min_overlap": 0.7}, {"top": 1}]
    ),
    part=st.sampled_from(
        [
            *({"answer": one} for one in (None, "$.score", "$[*].score")),
            *({"ignore": one} for one in (["$.id"], ["$[*]"], ["$.a", "$.score"], ["$[*].score"])),
            {"answer": "$.score", "ignore": ["$.id"]},
        ]
    ),
    by=st.sampled_from([None, "2", "$.user.kind"]),
)


def counts(tally: Tally) -> dict[str, object]:
    """Everything that is counted, so far as it is a whole number or a text."""
    return {
        "records": tally.records,
        "losses": {side: +tally.losses[side] for side in SIDES},
        "pairs": (tally.all, tally.exact, tally.within, tally.unchecked),
        "hours": tally.hours,
        "segments": tally.segments,
        "classes": dict(tally.classes),
        "parts": dict(tally.parts),
        "repeats": tally.repeats,
        "overlaps": tally.overlaps[0],
        "examples": sorted((one.rank[0], one.rank[1], one.key, one.production, one.shadow) for one in tally.examples),
        "labels": tally.labels.counted(),
        "numbers": {path: (one.count, one.largest, one.least, one.most) for path, one in tally.numbers.items()},
    }


@settings(max_examples=40, deadline=None, phases=QUICK)
@given(
    sides=st.tuples(LINES, LINES),
    same=st.lists(SAID, max_size=8),
    how=HOW,
)
def test_the_engines_count_the_same(
    sides: tuple[list[Said | bytes], list[Said | bytes]], same: list[Said], how: Comparison
) -> None:
    """Whatever the files hold, every count of the fast engine is that of the standard library's."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for side, said in zip(SIDES, sides, strict=True):
            write(root, side, [*said, *same])
        # More examples than pairs: which of equally large ones are kept is nobody's business.
        oracle = tallied(root, StdlibEngine(), how, examples=99)
        fast = tallied(root, DuckEngine(), how, examples=99)
    assert counts(fast) == counts(oracle)
    for path, numbers in oracle.numbers.items():
        for name in ("production", "shadow", "apart", "apart_squares", "products"):
            assert getattr(fast.numbers[path], name) == pytest.approx(getattr(numbers, name), abs=1e-9)
        assert fast.numbers[path].quantile(0.9) == pytest.approx(numbers.quantile(0.9), rel=0.03)


@pytest.mark.parametrize("engine", [StdlibEngine, DuckEngine])
@settings(max_examples=12, deadline=None, phases=QUICK)
@given(
    sides=st.tuples(LINES, LINES),
    same=st.lists(SAID, max_size=8),
)
def test_no_record_is_lost(
    engine: Callable[[], StdlibEngine | DuckEngine],
    sides: tuple[list[Said | bytes], list[Said | bytes]],
    same: list[Said],
) -> None:
    """Each line of each side is in a pair, or counted with the reason why it isn't."""
    with tempfile.TemporaryDirectory() as folder:
        for side, said in zip(SIDES, sides, strict=True):
            write(Path(folder), side, [*said, *same])
        tally = tallied(Path(folder), engine())
    for side, said in zip(SIDES, sides, strict=True):
        lines = [one for one in (*said, *same) if not isinstance(one, bytes) or one.strip()]
        assert tally.records[side] == len(lines)
        assert tally.records[side] == tally.all.compared + tally.losses[side].total()
    assert not math.isnan(tally.overlaps[1])


@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("answers", [("0.4", "0.6"), ("cat", "dog"), ("[0.25, 1]", '{"a": 1}')])
def test_what_is_equally_often_has_one_order(tmp_path: Path, ids: bool, answers: tuple[str, str]) -> None:
    """Whatever order files and engines give: examples, segments, classes, differences stand where they stood."""
    found = []
    engines: list[Engine] = [StdlibEngine(), DuckEngine(), StdlibEngine(), DuckEngine()]
    for number, engine in enumerate(engines):
        order = list(range(1500))
        random.Random(number).shuffle(order)
        for side, said in zip(SIDES, answers, strict=True):
            lines = [Said(f"id-{n}" if ids else None, said, f"{n % 1200},{n}") for n in order]
            write(tmp_path / str(number), side, lines)
        how = Comparison(by="1")
        tally = tallied(tmp_path / str(number), engine, how)
        read = Read("churn", "here", SIDES, None, None, 1, 1, (), 2, 1)
        found.append(json.dumps(Result(read, how, tally).to_json()))
    assert len(set(found)) == 1
    assert '"(others)"' in found[0]
