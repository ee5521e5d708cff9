"""What differences look like is named where it can be told, and nothing is named by chance."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.compare import Comparer
from shadow_ops.responses.counted import SIDES, Pair
from shadow_ops.responses.labels import exchanged
from shadow_ops.responses.result import Read, Result
from shadow_ops.responses.tally import Tally

Pairs = Sequence[tuple[str, str]]
OTHERS = "the answers that differ look like answers to other requests"


def named(pairs: Pairs, how: Comparison | None = None) -> tuple[str, ...]:
    """What a comparison of these answers names."""
    how, tally = how or Comparison(), Tally()
    comparer = Comparer(how)
    for number, pair in enumerate(pairs):
        tally.add(Pair("2026-11-24T08", str(number), *pair), comparer.compare(*pair))
    return Result(Read("churn", "here", SIDES, None, None, 1, 1, (), 2, 1), how, tally).symptoms


def scores(change: Callable[[list[float]], list[float]], width: int = 1) -> Pairs:
    """Pairs of answers, the shadow's made from production's."""
    draw = random.Random(5)
    rows = [[draw.random() for _ in range(width)] for _ in range(100)]
    return [(",".join(map(repr, row)), ",".join(map(repr, change(row)))) for row in rows]


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (scores(lambda row: [round(row[0], 2)]), "rounded to 2 decimals"),
        (scores(lambda row: [row[0] + 0.01]), "plus 0.01"),
        (scores(lambda row: [row[0] * 100]), "times 100"),
        (scores(lambda _: [0.0]), "the shadow always answers 0"),
        (scores(lambda _: [0.37]), "the shadow always answers 0.37"),
        (scores(lambda _: [0.2, 0.3, 0.5, 0.0], 4), "the shadow always answers 0.2, 0.3, 0.5, ..."),
        (scores(lambda row: random.Random(row[0]).sample(row, 6), 6), "production's numbers in another order"),
        (scores(lambda row: [row[0], row[2], row[1]], 3), "columns are exchanged: the shadow's 2 is production's 3"),
    ],
)
def test_what_differences_look_like_is_named(pairs: Pairs, words: str) -> None:
    """Rounding, an offset, a factor, exchanged columns: one sentence each."""
    (said,) = named(pairs)
    assert words in said


@pytest.mark.parametrize("given", [None, 2, 3])
@pytest.mark.parametrize("decimals", [2, 4])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: one * 2, "times 2"),
        (lambda one: one * 0.3, "times 0.3"),
        (lambda one: one * -1.5, "times -1.5"),
        (lambda one: one * 100, "times 100"),
        (lambda one: one + 0.25, "plus 0.25"),
        (lambda one: one - 3, "plus -3"),
    ],
)
def test_an_offset_or_a_factor_is_named_through_rounding(
    given: int | None, decimals: int, change: Callable[[float], float], words: str
) -> None:
    """Whether production's numbers are rounded, too, before or after; by the number that people would write."""
    draw = random.Random(8)
    truth = [draw.uniform(0, 1) for _ in range(300)]
    shown = truth if given is None else [round(one, given) for one in truth]
    for source in (truth, shown):
        pairs = [(f"{one}", f"{round(change(by), decimals)}") for one, by in zip(shown, source, strict=True)]
        (said,) = named(pairs)
        named_by, _, rounding = said.partition(", but for rounding to ")
        assert named_by == f"the shadow's numbers are production's {words}"
        assert rounding or all(abs(float(other) - change(float(one))) < 1e-9 for one, other in pairs)


@pytest.mark.parametrize("decimals", [0, 1, 2])
@pytest.mark.parametrize("noise", [0.01, 0.1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_noise_at_few_decimals_is_neither_an_offset_nor_a_factor(decimals: int, noise: float, seed: int) -> None:
    """Another model whose numbers are written shortly is no multiple of production's; few labels are none either."""
    draw = random.Random(seed)
    pairs = []
    for _ in range(400):
        one = draw.uniform(0, 5)
        pairs.append((f"{round(one, decimals)}", f"{round(one + draw.gauss(0, noise), decimals)}"))
    assert not any(word in said for said in named(pairs) for word in ("plus", "times"))


def test_noise_looks_like_nothing() -> None:
    """Small differences without a pattern get no name, and neither do too few."""
    draw = random.Random(1)
    assert named(scores(lambda row: [row[0] + draw.gauss(0, 0.01)])) == ()
    assert named(scores(lambda row: [round(row[0], 2)])[:5]) == ()


def test_what_is_nearly_the_same_is_not_called_rounded() -> None:
    """A number that is higher by next to nothing is that; one that is rounded to as much is rounded."""
    exactly = Comparison(atol=0, rtol=0)
    (said,) = named(scores(lambda row: [row[0] + 1e-9]), exactly)
    assert "plus 1e-09" in said
    (said,) = named(scores(lambda row: [round(row[0], 6)]), exactly)
    assert "rounded to 6 decimals" in said


@pytest.mark.parametrize("change", [lambda row: [row[0] + 1e-9], lambda row: [round(row[0], 7)]])
def test_where_all_pairs_agree_nothing_is_named(change: Callable[[list[float]], list[float]]) -> None:
    """Nothing differs, so it looks like nothing."""
    assert named(scores(change)) == ()


def test_whole_numbers_are_not_called_rounded() -> None:
    """To round what is whole changes nothing, though what differs by next to nothing may have another name."""
    draw = random.Random(7)
    pairs = [(f"{n}", f"{n + draw.choice([-1, 1]) * 1e-7 * draw.random()}") for n in range(100)]
    assert not any("rounded" in said for said in named(pairs, Comparison(atol=0, rtol=0)))


@pytest.mark.parametrize(
    ("equal", "begins"),
    [(0, "the shadow's numbers are"), (1, "the shadow's"), (270, "where they differ, the shadow's")],
)
def test_what_is_true_of_some_pairs_is_said_of_those(equal: int, begins: str) -> None:
    """Pairs that are equal are not production's plus anything; one in a hundred is forgiven."""
    pairs = [("0.3", "0.3")] * equal + [("0.5", "0.9"), ("0.2", "0.6"), ("0.1", "0.5")] * 60
    (said,) = named(pairs)
    assert said.startswith(begins)
    assert said.endswith("numbers are production's plus 0.4")


def test_what_differs_by_more_than_rounding_is_named_apart() -> None:
    """Where the rest differs by next to nothing, the sentence is not of the rest."""
    few = [(f"{n}.5", f"{n + 0.75}") for n in range(40)]
    pairs = [*few, *((f"{n}.25", f"{n + 0.25 + 1e-9 * (n % 7 + 1)}") for n in range(160))]
    (said,) = named(pairs)
    assert said.startswith("where they differ by more than rounding, the shadow's numbers are production's plus 0.25")


@pytest.mark.parametrize("large", ["1e308", "1" + "0" * 400, "-1e200"])
def test_numbers_that_cannot_be_added_up_stop_no_symptom(large: str) -> None:
    """They are nobody's offset or factor."""
    assert named([(f'{{"s": {large}}}', f'{{"s": {n}}}') for n in range(40)]) == ()


def test_a_model_that_errs_one_way_is_not_called_dead() -> None:
    """Of two labels; of many scores, those that differ are told of alone."""
    assert not any("answers" in one for one in named([("0", "1")] * 50 + [("1", "1")] * 50))
    draw = random.Random(2)
    half = [(f"{draw.random()}", "0") if number % 2 else ("0", "0") for number in range(200)]
    (said,) = named(half)
    assert said == "the shadow answers every request to which its answer differs with 0"


def label(names: Sequence[str]) -> Callable[[random.Random], str]:
    """Draws one of some labels, the first ones more often."""
    return lambda draw: draw.choices(names, range(len(names) + 2, 2, -1))[0]


KINDS: dict[str, Callable[[random.Random], str]] = {
    "scores": lambda draw: f"{draw.random():.6f}",
    "rows": lambda draw: f"{draw.random():.6f},{draw.random():.6f}",
    "labels": label(["cat", "dog", "hen", "cow"]),
    "numbers of labels": label(list("012345")),
    "quoted labels": label(['"a b"', '"c"', '"d"', '"e"']),
    "objects": lambda draw: json.dumps({"label": draw.choice("abcde"), "score": round(draw.random(), 3)}),
    "lists of objects": lambda draw: json.dumps({"predictions": [{"score": draw.random()}, {"score": draw.random()}]}),
    "text": lambda draw: " ".join(draw.choices(["the", "cat", "sat", "on", "a", "mat"], k=6)),
    "rankings": lambda draw: json.dumps(draw.sample(["a", "b", "c", "d", "e"], 5)),
}
EACH_KIND = pytest.mark.parametrize("kind", list(KINDS))


@EACH_KIND
@pytest.mark.parametrize("share", [0.1, 1])
@pytest.mark.parametrize("how", [Comparison(), Comparison(classes="label")])
def test_answers_given_to_other_requests_are_named_whatever_they_are(kind: str, share: float, how: Comparison) -> None:
    """A tenth of the answers exchanged between users, or all of them."""
    draw = random.Random(3)
    production = [KINDS[kind](draw) for _ in range(2500)]
    moved = draw.sample(range(2500), round(share * 2500))
    shadow = list(production)
    for place, other in zip(moved, [*moved[1:], moved[0]], strict=True):
        shadow[place] = production[other]
    (said,) = named(list(zip(production, shadow, strict=True)), how)
    assert said.startswith(OTHERS)


@EACH_KIND
@pytest.mark.parametrize("seed", range(4))
def test_answers_that_differ_by_chance_are_not_called_other_users(kind: str, seed: int) -> None:
    """A model that says something else to a tenth of the requests, drawn as production's answers are."""
    draw = random.Random(seed)
    production = [KINDS[kind](draw) for _ in range(2500)]
    shadow = [KINDS[kind](draw) if draw.random() < 0.1 else one for one in production]
    assert named(list(zip(production, shadow, strict=True))) == ()


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_two_labels_are_not_enough_to_tell(share: float) -> None:
    """Any two models of equal quality turn as many one way as the other."""
    draw = random.Random(2)
    production = [draw.choice(["yes", "no"]) for _ in range(2000)]
    flipped = {"yes": "no", "no": "yes"}
    shadow = [flipped[one] if draw.random() < share else one for one in production]
    assert named(list(zip(production, shadow, strict=True))) == ()


def test_what_may_differ_does_not_hide_an_exchange() -> None:
    """Parts that are ignored, or not compared at all, say nothing of whose an answer is."""
    draw = random.Random(6)
    labels = [draw.choice("abcdef") for _ in range(1000)]

    def written(of: Sequence[str]) -> list[str]:
        return [json.dumps({"id": draw.random(), "at": {"x": draw.random()}, "label": one}) for one in of]

    pairs = list(zip(written(labels), written([*labels[1:], labels[0]]), strict=True))
    for how in (Comparison(ignore=("$.id", "$.at.x")), Comparison(answer="$.label")):
        (said,) = named(pairs, how)
        assert said.startswith(OTHERS)
    assert named(pairs) == ()


@pytest.mark.parametrize("written", ["{:.6f}", "[{}]", '{{"score": {}}}', '{{"score": {}, "v": 1}}', "{},7"])
def test_answers_of_others_are_named_however_they_are_written(written: str) -> None:
    """One in ten belongs to another request, the rest differs by next to nothing."""
    draw = random.Random(3)
    production = [draw.random() for _ in range(500)]
    others = production[:50]
    shadow = [*others[1:], others[0], *(one + 1e-12 for one in production[50:])]
    pairs = [(written.format(one), written.format(other)) for one, other in zip(production, shadow, strict=True)]
    (said,) = named(pairs)
    assert said.startswith(OTHERS)


def test_a_few_answers_that_differ_more_are_no_pattern() -> None:
    """Below twenty nothing is said, nor of a model that is simply another one."""
    draw = random.Random(4)
    production = [draw.random() for _ in range(500)]
    few = [(f"{one}", f"{draw.random() if number < 19 else one + 1e-12}") for number, one in enumerate(production)]
    assert named(few) == ()
    another = [(f"{one}", f"{min(1, max(0, one + draw.gauss(0, 0.05)))}") for one in production]
    assert named(another) == ()


@pytest.mark.parametrize("labels", ["01", "312", ["-1", "1"], ["cat", "dog"], "abcdefg", ["true", "false"]])
@pytest.mark.parametrize("kept", [(), ("7", "8")])
@pytest.mark.parametrize("written", ["{}", '{{"label": {}}}', '{{"label": {}, "score": 0.25}}', "[[{}], [{}]]"])
def test_exchanged_labels_are_named(labels: Sequence[str], kept: tuple[str, ...], written: str) -> None:
    """Numbers, words, true and false; all of them or some, alone or as a part of an answer."""
    draw, moved = random.Random(4), dict(zip(labels, [*labels[1:], labels[0]], strict=True))
    plain = labels[0].lstrip("-").isdigit() or labels[0] == "true"
    pairs = []
    for _ in range(400):
        ones = [draw.choice([*labels, *(kept if labels[0] != "true" else ())]) for _ in range(2)]
        sides = [[one if plain else f'"{one}"' for one in side] for side in (ones, [moved.get(n, n) for n in ones])]
        pairs.append((written.format(*sides[0]), written.format(*sides[1])))
    (said,) = named(pairs)
    assert f"labels are exchanged: production's {min(moved)} is the shadow's {moved[min(moved)]}" in said
    assert said.startswith("in $.label, ") is ("label" in written)
    assert said.endswith("put right, 100.00 % of all would be equal")


@pytest.mark.parametrize("how", [Comparison(classes="label"), Comparison(classes="argmax"), Comparison()])
def test_exchanged_labels_are_named_by_whatever_is_compared(how: Comparison) -> None:
    """As classes, too, where the scores are another model's; and though one in twenty differs."""
    draw, pairs = random.Random(2), []
    for _ in range(500):
        one = draw.randrange(3)
        other = draw.randrange(3) if draw.random() < 0.05 else [1, 0, 2][one]
        rows = ([(place == label) + draw.random() / 2 for place in range(3)] for label in (one, other))
        sides = [",".join(map(str, row)) for row in rows] if how.classes == "argmax" else [f"l{one}", f"l{other}"]
        pairs.append((sides[0], sides[1]))
    (said,) = named(pairs, how)
    assert said.startswith("labels are exchanged: production's ")


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")),
        st.sampled_from([0, 1, 4, 5, 6, 9, 10, 11, 60, 90, 100]),
        max_size=8,
    )
)
def test_labels_are_called_exchanged_where_they_are_and_nowhere_else(counts: dict[tuple[str, str], int]) -> None:
    """Nine in ten of each label are one other's, which has no other, five at least and twenty in all."""
    said = exchanged(counts)
    labels = {one for pair in counts for one in pair}

    def strong(one: str, other: str) -> bool:
        row = sum(times for (a, _), times in counts.items() if a == one)
        column = sum(times for (_, b), times in counts.items() if b == other)
        return counts.get((one, other), 0) >= max(5, 0.9 * row, 0.9 * column)

    rings = {
        ring
        for size in range(2, 5)
        for ring in permutations(sorted(labels), size)
        if all(strong(one, other) for one, other in zip(ring, (*ring[1:], ring[0]), strict=True))
    }
    going = {pair for ring in rings for pair in zip(ring, (*ring[1:], ring[0]), strict=True)}
    assert (said is not None) == (sum(counts[pair] for pair in going) >= 20)
    assert all(f"production's {one} is the shadow's {other}" in (said or "") for one, other in going if said)
    assert said is None or said.count("production's") == len(going)


@pytest.mark.parametrize("share", [0.2, 1])
@pytest.mark.parametrize("given_to", [None, 4, 2])
@pytest.mark.parametrize("decimals", [None, 3])
@pytest.mark.parametrize("whole", [1, 100])
@pytest.mark.parametrize("written", ["{}", '{{"score": {}, "version": 3}}', "{0}\n{0}"])
def test_a_complement_is_named(
    share: float, given_to: int | None, decimals: int | None, whole: int, written: str
) -> None:
    """The other class's probability, also in percent, rounded on either side, of some pairs, beside what is equal."""
    draw, pairs = random.Random(9), []
    for _ in range(600):
        one = draw.random() * whole
        other = whole - one if draw.random() < share else one
        sides = [value if to is None else round(value, to) for value, to in ((one, given_to), (other, decimals))]
        pairs.append((written.format(sides[0]), written.format(sides[1])))
    said = [one for one in named(pairs) if f"{whole} minus production's" in one]
    # Pairs that only rounding sets apart hide it below some share.
    assert said or share < 1
    assert all(("other class's" in one) is (whole == 1) for one in said)
    assert share < 1 or not said[0].startswith("where") or "version" in written


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([0, 1, 2, 12]), st.floats(0, 0.2), st.sampled_from([-1, 1]))
def test_a_complement_is_said_of_nothing_else(draw: random.Random, decimals: int, noise: float, sign: int) -> None:
    """Where it is said, nearly all pairs that differ come to the same sum, but for rounding."""
    pairs = []
    for _ in range(200):
        one = draw.random()
        pairs.append((round(one, decimals), round((sign < 0) + sign * one + draw.gauss(0, noise), decimals)))
    for said in named([(f"{one}", f"{other}") for one, other in pairs]):
        if "minus production's" in said:
            whole = float(said.partition("numbers are ")[2].partition(" minus")[0])
            apart = [abs(one + other - whole) for one, other in pairs if one != other]
            assert sum(one <= 10.0**-decimals + 1e-6 for one in apart) >= 0.99 * len(apart)


@pytest.mark.parametrize("width", [1, 3])
def test_two_labels_that_err_both_ways_are_no_complement(width: int) -> None:
    """Of two numbers one is always both together less the other."""
    draw, pairs = random.Random(1), []
    for _ in range(300):
        ones = [draw.randrange(2) for _ in range(width)]
        others = [1 - one if draw.random() < 0.3 else one for one in ones]
        pairs.append(("\n".join(map(str, ones)), "\n".join(map(str, others))))
    assert not any("minus" in said or "labels" in said for said in named(pairs))


def test_labels_and_complements_are_seen_from_so_many_on() -> None:
    """Five of each label and twenty in all; three numbers, of which no two make a sum of their own."""
    assert [exchanged({("a", "b"): one, ("b", "a"): 30}) is not None for one in (4, 5)] == [False, True]
    assert [exchanged({("a", "b"): 10, ("b", "a"): one}) is not None for one in (9, 10)] == [False, True]
    for numbers, is_told in ((("0.25", "0.75"), False), (("0.25", "0.75", "0.625"), True)):
        pairs = [(one, f"{1 - float(one)}") for one in numbers] * 20
        assert any("1 minus production's" in said for said in named(pairs)) is is_told
