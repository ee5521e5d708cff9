"""What is in no pair is counted with its reason; what isn't a pair is never taken for one."""

from __future__ import annotations

import codecs
import gzip
import json
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shadow_ops.cli.text.responses_text import as_text
from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.agreement import verdict
from shadow_ops.responses.counted import SIDES, Share
from shadow_ops.responses.engines import Engine
from shadow_ops.responses.engines.duck import DuckEngine
from shadow_ops.responses.engines.stdlib import StdlibEngine
from shadow_ops.responses.result import Read, Result
from shadow_ops.responses.tally import Tally
from tests.ops.responses.captured import Said, compared, tallied, write

HOW = Comparison()


@pytest.fixture(params=[StdlibEngine, DuckEngine])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    made: Engine = request.param()
    return made


def answers(count: int, *, first: int = 0, hour: int = 0) -> list[Said]:
    """So many answers to different requests."""
    return [Said(f"id-{n}", f"0.{n:04d}", f"{n},1", hour=hour) for n in range(first, first + count)]


def lost(tally: Tally) -> dict[str, dict[str, int]]:
    """What was lost, by side."""
    return {side: dict(+tally.losses[side]) for side in SIDES}


def result(tally: Tally) -> Result:
    """A result of a tally alone."""
    return Result(Read("churn", "here", SIDES, None, None, 1, 1, (), 2, 1), HOW, tally)


def test_ids_missing_doubled_and_reused_are_counted(engine: Engine, tmp_path: Path) -> None:
    """A missing id joins nothing, a doubled one is put aside on both sides, a reused one joins by what was asked."""
    production = [*answers(200), Said(None, "0.1", "x"), Said("twice", "0.2", "y"), Said("twice", "0.3", "y")]
    shadow = [*answers(200), Said("twice", "0.2", "y")]
    reused = [Said("again", "0.4", "first"), Said("again", "0.5", "second")]
    tally = compared(tmp_path, engine, [*production, *reused], [*shadow, *reused[::-1]], HOW)
    assert tally.key == "inferenceId"
    assert lost(tally) == {"production": {"without key": 1, "duplicate": 2}, "shadow": {"duplicate": 1}}
    assert (tally.all.compared, tally.exact) == (202, 202)


def test_different_requests_under_one_id_are_no_pair(engine: Engine, tmp_path: Path) -> None:
    """A join by id alone would make flips up: what was asked is held together as well."""
    production = [*answers(100), Said("same-id", "0.1", "one thing")]
    shadow = [*answers(100), Said("same-id", "0.9", "another thing")]
    tally = compared(tmp_path, engine, production, shadow, HOW)
    assert lost(tally) == {"production": {"inputs differ": 1}, "shadow": {"inputs differ": 1}}
    assert tally.all.compared == tally.all.agreeing == 100


def test_without_captured_requests_pairs_say_so(engine: Engine, tmp_path: Path) -> None:
    """Where only answers are captured, ids still join, and each pair is marked as unchecked."""
    said = [Said(f"id-{n}", "0.5", None) for n in range(10)]
    tally = compared(tmp_path, engine, said, said, HOW)
    assert (tally.all.compared, tally.unchecked) == (10, 10)


@pytest.mark.parametrize(
    ("ids", "events", "key"), [(True, True, "inferenceId"), (False, True, "eventId"), (False, False, "request")]
)
def test_the_best_key_that_both_sides_have_is_taken(
    engine: Engine, tmp_path: Path, ids: bool, events: bool, key: str
) -> None:
    """The caller's id, else SageMaker's where both sides share it, else the request, if it came once."""

    def side(name: str) -> list[Said]:
        made = [
            Said(f"id-{n}" if ids else None, f"0.{n}", f"row {n}", event=f"e-{n}" if events else f"{name}-{n}")
            for n in range(1, 60)
        ]
        return [*made, Said("more" if ids else None, "0.5", "row 1", event="e-x" if events else f"{name}-x")]

    tally = compared(tmp_path, engine, side("p"), side("s"), HOW)
    assert tally.key == key
    repeated = 0 if key != "request" else 2
    assert tally.all.compared == tally.exact == 60 - repeated
    assert tally.losses["production"]["duplicate"] == repeated


def test_what_fails_is_told_apart_from_what_differs(engine: Engine, tmp_path: Path) -> None:
    """A shadow that gives no answer to a tenth, or streams it, lowers no agreement, and doesn't vanish either."""
    said = answers(100)
    failing = [Said(one.id, None if n < 10 else one.answer, one.request) for n, one in enumerate(said)]
    failing[50] = Said("id-50", "data: x", said[50].request, content_type="text/event-stream")
    failing[51] = Said("id-51", "", said[51].request)
    tally = compared(tmp_path, engine, said, failing, HOW)
    assert lost(tally)["shadow"] == {"no answer": 11, "stream": 1}
    assert tally.all.compared == tally.all.agreeing == 88
    assert result(tally).joined_percent == pytest.approx(88)


@pytest.mark.parametrize("part", ["empty", "missing", "undecodable", "cut off", "streamed"])
def test_a_shadow_that_says_nothing_is_none_that_agrees(engine: Engine, tmp_path: Path, part: str) -> None:
    """Where production answered, it leaves the verdict open; where neither did, it says nothing."""
    nothing: dict[str, Any] = {
        "empty": lambda one: replace(one, answer=""),
        "missing": lambda one: replace(one, answer=None),
        "undecodable": lambda one: (
            one.line()
            .replace(b'"OUTPUT", "data": "', b'"OUTPUT", "encoding": "BASE64", "data": "%')
            .replace(b'"encoding": "CSV"}}, "eventM', b'"x": 1}}, "eventM')
        ),
        "cut off": lambda one: one.line()[:-20],
        "streamed": lambda one: replace(one, content_type="text/event-stream"),
    }
    said = answers(2000)
    half = [nothing[part](one) if n % 2 else one for n, one in enumerate(said)]
    found = result(compared(tmp_path / "one", engine, said, half, HOW))
    assert found.agreement.percent == 100
    assert found.joined_percent == pytest.approx(50)
    assert verdict(found.agreement, found.joined_percent, 99)[0] == "INCONCLUSIVE"
    if part != "undecodable":
        both = result(compared(tmp_path / "both", engine, half, half, HOW))
        assert verdict(both.agreement, both.joined_percent, 99)[0] == "PASS"


@pytest.mark.parametrize(
    ("production", "shadow", "joined"),
    [
        (range(20), range(20), 100),
        (range(20), range(20, 24), 76 / 80 * 100),
        (range(4), range(20, 40), 76 / 96 * 100),
        (range(20), range(20, 40), 60 / 80 * 100),
        (range(20), range(10, 30), 70 / 80 * 100),
        (range(100), (), None),
        ((), range(100), 0),
    ],
)
def test_what_production_did_not_answer_is_not_held_against_the_shadow(
    engine: Engine, tmp_path: Path, production: Sequence[int], shadow: Sequence[int], joined: float | None
) -> None:
    """Whichever requests each of them fails at: asked for is an answer to what production answered."""
    said = answers(100)
    sides = [
        [replace(one, answer=None) if n in lacking else one for n, one in enumerate(said)]
        for lacking in (production, shadow)
    ]
    found = result(compared(tmp_path, engine, sides[0], sides[1], HOW))
    assert found.joined_percent == (None if joined is None else pytest.approx(joined))


@pytest.mark.parametrize("how", [{}, {"classes": "label"}, {"classes": "argmax"}, {"top": 5}, {"classes": "threshold"}])
@pytest.mark.parametrize("path", ["$.predictons[*].score", "$.predictions.score", "$.prediction", "$[0]"])
def test_a_part_that_no_answer_has_agrees_with_nothing(
    engine: Engine, tmp_path: Path, path: str, how: dict[str, Any]
) -> None:
    """A path with a typo passes no gate; pairs that lack the part beside others that have it are counted apart."""
    said = [Said(f"id-{n}", json.dumps({"predictions": [{"score": n}]}), f"{n}") for n in range(300)]
    found = result(compared(tmp_path, engine, said, said, Comparison(answer=path, **how)))
    assert verdict(found.agreement, found.joined_percent, 1)[0] == "INCONCLUSIVE"
    assert found.joined_percent == 0
    assert lost(found.tally) == {side: {"nothing to compare": 300} for side in SIDES}
    some = [replace(one, answer='{"predictions": []}') if n < 30 else one for n, one in enumerate(said)]
    good = Comparison(answer="$.predictions[*].score", **how)
    found = result(compared(tmp_path / "some", engine, some, some, good))
    assert (found.agreement.compared, found.agreement.agreeing, found.joined_percent) == (270, 270, 100)


@pytest.mark.parametrize(
    ("production", "shadow", "how"),
    [
        ({"p": [{"s": 1}]}, {"p": [{"s": 9}]}, {"answer": "$.p[*]", "ignore": ["$[*].s"]}),
        ({"p": [{"s": 1}]}, {"p": [{"s": 9}]}, {"ignore": ["$.p"]}),
        ({"p": [{"s": 1}]}, {"p": [{"s": 9}]}, {"ignore": ["$.p[0].s"]}),
        ({"p": 1, "id": 1}, {"id": 2}, {"ignore": ["$.id", '$["p"]']}),
        ({"id": 2}, {}, {"ignore": ["$.id"]}),
        ([0.5], [9], {"ignore": ["$[*]"]}),
        ([0.5, 1], [9], {"ignore": ["$[*]"], "top": 1}),
        ([{"id": "a"}], [{"id": "b"}], {"ignore": ["$[*].id"], "top": 3}),
        ([0.1, 0.9], [0.9, 0.1], {"ignore": ["$[*]"], "classes": "argmax"}),
        (0.5, 0.5, {"classes": "argmax"}),
        ("cat", "cat", {"classes": "threshold"}),
        ({"p": 1}, {"p": 1}, {"classes": "threshold", "answer": "$"}),
    ],
)
def test_answers_with_nothing_to_compare_agree_in_nothing(
    engine: Engine, tmp_path: Path, production: object, shadow: object, how: dict[str, Any]
) -> None:
    """All that they have may differ, or none of it has a class: no gate is passed, no noise is known, it is told."""
    sides = [[Said(f"id-{n}", json.dumps(one), f"{n % 200}") for n in range(300)] for one in (production, shadow)]
    tally = compared(tmp_path, engine, sides[0], sides[1], Comparison(**how))
    found = result(tally)
    assert verdict(found.agreement, found.joined_percent, 1)[0] == "INCONCLUSIVE"
    assert lost(tally) == {side: {"nothing to compare": 300} for side in SIDES}
    assert tally.repeats == Share()
    assert "300 pairs have no" in as_text(replace(found, how=Comparison(**how)), None, markdown=False)


@pytest.mark.parametrize(
    ("production", "shadow", "agrees"),
    [
        ({"id": 1, "items": []}, {"id": 2, "items": []}, True),
        ({"id": 1, "items": []}, {"id": 2, "items": [1]}, False),
        ({"id": 1, "ok": None}, {"id": 2, "ok": None}, True),
        ({"id": 1, "ok": True}, {"id": 2}, False),
        ({}, {}, True),
        ({"id": 1}, [], False),
        ([], [1], False),
    ],
)
def test_what_is_left_of_answers_is_compared(
    engine: Engine, tmp_path: Path, production: object, shadow: object, agrees: bool
) -> None:
    """That a list or an object is empty, null or missing on one side, says something, too."""
    sides = [[Said(f"id-{n}", json.dumps(one), f"{n}") for n in range(9)] for one in (production, shadow)]
    tally = compared(tmp_path, engine, sides[0], sides[1], Comparison(ignore=["$.id"]))
    assert (tally.all.compared, tally.all.agreeing) == (9, 9 * agrees)


def test_lines_that_are_no_records_stop_nothing(engine: Engine, tmp_path: Path) -> None:
    """Cut off, no JSON, another shape, no text, no base64: each counted, each neighbour read."""
    odd: list[Said | bytes] = [b'{"captureData": {"endpointIn', b"oops", b"[1]", b'{"x": 1}', b"\xff\xfe", b"\x00"]
    bad = (
        b'{"captureData": {"endpointOutput": {"data": "!!", "encoding": "BASE64"}}, "eventMetadata": {"eventId": "b"}}'
    )
    said: list[Said | bytes] = [*answers(300)]
    tally = compared(tmp_path, engine, [*odd, bad, *said], said, HOW)
    assert lost(tally)["production"] == {"malformed": 6, "undecodable": 1}
    assert tally.all.compared == 300


def test_large_unicode_and_binary_answers_are_compared(engine: Engine, tmp_path: Path) -> None:
    """Twenty megabytes, any alphabet, bytes that are no text: all are answers."""
    large = "7" * 20_000_000
    said = [
        Said("large", large, "1"),
        Said("unicode", "猫は「ニャー」と鳴く \U0001f408 \u2028", "2"),
        Said("binary", "0.25", "3", encoding="BASE64"),
        *answers(5),
    ]
    other = [*said[:1], Said("unicode", "猫は「ワン」と鳴く \U0001f408 \u2028", "2"), *said[2:]]
    tally = compared(tmp_path, engine, said, other, HOW)
    assert (tally.all.compared, tally.all.agreeing) == (8, 7)
    assert dict(tally.parts) == {("$", "text"): 1}


def test_answers_that_arrive_in_the_next_hour_still_join(engine: Engine, tmp_path: Path) -> None:
    """Clocks that differ, and requests on the hour: a record waits one hour for its partner, not longer."""
    production = [*answers(50), Said("late", "0.1", "a"), Said("later", "0.2", "b")]
    shadow = [
        *answers(50),
        Said("late", "0.1", "a", hour=1),
        Said("later", "0.2", "b", hour=2),
        *answers(9, first=900, hour=1),
    ]
    tally = compared(
        tmp_path, engine, [*production, *answers(9, first=900, hour=1), *answers(1, first=990, hour=2)], shadow, HOW
    )
    assert lost(tally) == {"production": {"only here": 2}, "shadow": {"only here": 1}}
    assert {hour: one.compared for hour, one in tally.hours.items()} == {"2026-11-24T08": 51, "2026-11-24T09": 9}


def test_an_hour_that_one_side_lacks_leaves_the_verdict_open(engine: Engine, tmp_path: Path) -> None:
    """What couldn't be joined may differ; so too few pairs are INCONCLUSIVE, however well they agree."""
    production = [*answers(1000), *answers(1000, first=1000, hour=2)]
    shadow = [*answers(1000), *[Said(f"other-{n}", "0.5", "z", hour=3) for n in range(1000)]]
    found = result(compared(tmp_path, engine, production, shadow, HOW))
    assert found.joined_percent == pytest.approx(50)
    outcome, reason = verdict(found.agreement, found.joined_percent, 90)
    assert outcome == "INCONCLUSIVE"
    assert reason.startswith("only 50.00 % of the answers could be joined, 95 % are needed")


def test_nothing_at_all_is_no_agreement(engine: Engine, tmp_path: Path) -> None:
    """Without a pair the verdict is open."""
    found = result(tallied(tmp_path, engine))
    assert verdict(found.agreement, found.joined_percent, 1)[0] == "INCONCLUSIVE"


def swapped(said: Sequence[Said], share: float, draw: random.Random) -> list[Said]:
    """The same answers, some of them given to another request."""
    chosen = draw.sample(range(len(said)), round(share * len(said)))
    others = [*chosen[1:], chosen[0]]
    moved = dict(zip(chosen, others, strict=True))
    return [Said(one.id, said[moved.get(n, n)].answer, one.request) for n, one in enumerate(said)]


@pytest.mark.parametrize("labels", [["0", "1", "2", "3", "4"], ["cat", "dog", "hen", "cow"]])
def test_labels_exchanged_between_users_are_found(engine: Engine, tmp_path: Path, labels: list[str]) -> None:
    """Few kinds of answers, each as often as before, and over several hours; labels drawn anew are none."""
    draw = random.Random(7)
    said = [Said(f"id-{n}", draw.choice(labels), f"{n}", hour=n // 1000) for n in range(3000)]
    other = [replace(one, answer=moved.answer) for one, moved in zip(said, swapped(said, 0.1, draw), strict=True)]
    (symptom,) = result(compared(tmp_path / "moved", engine, said, other, HOW)).symptoms
    assert symptom.startswith("the answers that differ look like answers to other requests")
    drawn = [replace(one, answer=draw.choice(labels)) if n % 10 == 0 else one for n, one in enumerate(said)]
    assert result(compared(tmp_path / "drawn", engine, said, drawn, HOW)).symptoms == ()


def test_answers_exchanged_between_users_are_found(engine: Engine, tmp_path: Path) -> None:
    """A tenth of the answers swapped leaves both distributions equal; the pairs tell, and say what it looks like."""
    draw = random.Random(7)
    said = [Said(f"id-{n}", repr(draw.random()), f"{n}") for n in range(2000)]
    found = result(compared(tmp_path, engine, said, swapped(said, 0.1, draw), HOW))
    assert found.agreement.percent == pytest.approx(90)
    assert found.tally.numbers["$"].mean == pytest.approx(0, abs=1e-12)
    assert found.symptoms[0].startswith("the answers that differ look like answers to other requests")
    assert verdict(found.agreement, found.joined_percent, 99)[0] == "FAIL"


def test_production_against_itself_is_the_noise_floor(engine: Engine, tmp_path: Path) -> None:
    """Repeated requests that production answers otherwise than usually are its noise, whatever the shadow does."""
    production = [Said(f"id-{n}", "0.7" if n % 10 == 0 else "0.5", "the same row") for n in range(50)]
    shadow = [Said(one.id, "0.5", one.request) for one in production]
    found = result(compared(tmp_path, engine, production, shadow, HOW))
    assert found.noise_percent == pytest.approx(5 / 49 * 100)
    assert found.agreement.percent == pytest.approx(90)


@pytest.mark.parametrize(("hours", "joined"), [(-2, 0), (-1, 50), (0, 50), (1, 50), (2, 0)])
def test_a_clock_that_is_wrong_moves_records_by_an_hour_at_most(
    engine: Engine, tmp_path: Path, hours: int, joined: int
) -> None:
    """The folders' hours are the variants' own clocks': what is an hour off still joins, what is more is counted."""
    production, shadow = answers(50, hour=4), answers(50, hour=4 + hours)
    around = [one for hour in range(2, 8) for one in answers(5, first=1000 * hour, hour=hour)]
    tally = compared(tmp_path, engine, [*around, *production], [*around, *shadow], HOW)
    left = {"only here": 50 - joined} if joined < 50 else {}
    assert tally.all.compared == len(around) + joined
    assert lost(tally) == dict.fromkeys(SIDES, left)


def test_the_usual_answer_is_the_most_frequent_however_it_was_written(engine: Engine, tmp_path: Path) -> None:
    """One request asked many times: whatever was answered first, in whatever order."""
    said = [Said(None, answer, "again") for answer in ("5", "1", "1", "2.0", *["2"] * 49)]
    tally = compared(tmp_path, engine, said, [Said(None, "2", "again")], HOW)
    assert (tally.repeats.compared, tally.repeats.agreeing) == (52, 49)


@pytest.mark.parametrize("data", ["YQ==\u00e9", "Y", "\u0661", "YWJj=", "YQ======", "====", "YQ"])
def test_base64_that_is_none_is_counted(engine: Engine, tmp_path: Path, data: str) -> None:
    """Other characters than ASCII as well; nothing raises."""
    odd = Said("odd", "x", "odd").line().replace(b'"data": "x", "encoding": "CSV"', b"?")
    line = json.loads(odd.replace(b"?", b'"data": "x", "encoding": "BASE64"'))
    line["captureData"]["endpointOutput"]["data"] = data
    tally = compared(tmp_path, engine, [*answers(20), json.dumps(line).encode()], answers(20), HOW)
    assert lost(tally) == {"production": {"undecodable": 1}, "shadow": {}}


def test_a_files_name_is_no_pattern(engine: Engine, tmp_path: Path) -> None:
    """Each file is read once, whatever its name would match."""
    for number, name in enumerate(("*.jsonl", "[x].jsonl", "x.jsonl", "a'b;--.jsonl", "?.jsonl")):
        for side in SIDES:
            write(tmp_path, side, answers(10, first=10 * number), name=name)
    tally = tallied(tmp_path, engine, HOW)
    assert (tally.all.compared, lost(tally)) == (50, {side: {} for side in SIDES})


def test_a_packed_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    """A cache of another day doesn't answer for it, though it is as long as it was."""
    for seconds, answer in ((1, "0.5"), (2, "0.7")):
        write(tmp_path, "production", [Said("a", "0.5")])
        write(tmp_path, "shadow", [Said("a", answer)], name="00-10-123-a.jsonl")
        [plain] = (tmp_path / "shadow").rglob("*.jsonl")
        packed = plain.with_name("00-10-123-a.jsonl.gz")
        packed.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
        plain.unlink()
        os.utime(packed, (seconds, seconds))
        assert tallied(tmp_path, StdlibEngine(), HOW).exact == (1 if answer == "0.5" else 0)


def test_a_mark_before_the_first_line_is_no_part_of_it(engine: Engine, tmp_path: Path) -> None:
    """An editor's byte order mark costs no record."""
    for side in SIDES:
        write(tmp_path, side, answers(10))
        [file] = (tmp_path / side).rglob("*.jsonl")
        file.write_bytes(codecs.BOM_UTF8 + file.read_bytes())
    tally = tallied(tmp_path, engine, HOW)
    assert (tally.all.compared, lost(tally)) == (10, {side: {} for side in SIDES})
