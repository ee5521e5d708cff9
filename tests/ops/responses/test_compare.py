"""Two answers agree when they say the same, in whatever form."""

from __future__ import annotations

import json
import math
import random
import statistics
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract.comparison import Comparison
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.rules import Rule
from shadow_ops.responses.agreement import agreement, verdict
from shadow_ops.responses.compare import Comparer, Difference
from shadow_ops.responses.numbers import Numbers
from shadow_ops.responses.tally import rank_of

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=4)),
    max_leaves=8,
)


def difference(production: Any, shadow: Any, **how: Any) -> Difference:  # noqa: ANN401 - JSON
    """Compare texts, or values as JSON."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in (production, shadow)]
    return Comparer(Comparison(**how)).compare(*texts)


@given(JSON)
def test_equal_values_agree_however_they_are_written(value: Any) -> None:  # noqa: ANN401 - JSON
    """Spaces and the order of members mean nothing."""
    found = difference(json.dumps(value), json.dumps(value, indent=1, sort_keys=True))
    assert found.exact
    assert found.agrees
    assert found.parts == []


@given(JSON, JSON)
def test_comparing_is_symmetric_without_a_relative_tolerance(one: Any, other: Any) -> None:  # noqa: ANN401 - JSON
    """Who is production doesn't decide whether two answers agree."""
    assert difference(one, other, rtol=0).agrees == difference(other, one, rtol=0).agrees


@given(st.floats(-1e6, 1e6), st.floats(0, 10), st.floats(-20, 20))
def test_numbers_agree_within_the_tolerance(number: float, atol: float, apart: float) -> None:
    """The bound itself is inside; what is beyond it differs."""
    shadow = number + apart
    found = difference(repr(number), repr(shadow), atol=atol, rtol=0)
    assert found.agrees == (abs(shadow - number) <= atol)
    assert found.exact == (shadow == number)


@pytest.mark.parametrize(
    ("production", "shadow", "parts"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, [("$.b", "missing in the shadow")]),
        ({"a": 1}, {"a": 1, "why": "x"}, [("$.why", "only in the shadow")]),
        ({"rows": [{"s": 1}, {"s": 2}]}, {"rows": [{"s": 1}, {"s": 3}]}, [("$.rows[*].s", "number")]),
        ([1, 2], [1], [("$", "length")]),
        ({"a": "1"}, {"a": 1}, [("$.a", "type")]),
        ({"a": True}, {"a": 1}, [("$.a", "type")]),
        ({"a": None}, {"a": "x"}, [("$.a", "type")]),
        ({"a": True}, {"a": False}, [("$.a", "value")]),
        ("a cat", "a dog", [("$", "text")]),
        ("0.5", "a cat", [("$", "type")]),
        ("0.1,0.9", "0.1,0.8", [("$[*]", "number")]),
        ("1,2\n3,4", "1,2\n3,5", [("$[*][*]", "number")]),
    ],
)
def test_each_difference_has_its_place_and_its_kind(production: Any, shadow: Any, parts: list[Any]) -> None:  # noqa: ANN401
    """Array indices are folded: a thousand rows with one fault are one line."""
    found = difference(production, shadow)
    assert found.parts == parts
    assert not found.agrees


def test_what_may_differ_is_left_out() -> None:
    """Ignored paths differ, appear and vanish without a word; their neighbours are compared."""
    one = {"id": 1, "items": [{"at": 1, "v": 1}]}
    other = {"items": [{"at": 2, "v": 2}, {"at": 3}][:1]}
    assert difference(one, other, ignore=("$.id", "$.items[0].at")).parts == [("$.items[*].v", "number")]


@pytest.mark.parametrize(
    ("production", "shadow", "share"),
    [
        ([0.5, 0.25, 0.125], [0.25 + 1e-9, 0.5, 0.125 - 1e-9], 1),
        ([0.5, 0.5 + 5e-7, 0.25], [0.5, 0.5 - 5e-7, 0.75], 2 / 3),
        ([1, 2, 3], [1.0, 2.0, 4], 2 / 3),
        (
            [{"id": "a", "score": 0.5}, {"id": "b", "score": 0.5}],
            [{"score": 0.5 + 1e-9, "id": "b"}, {"id": "a"}],
            1 / 2,
        ),
        ([{"id": "a", "at": 1}, {"id": "b", "at": 2}], [{"id": "b", "at": 7}, {"id": "a"}], 1),
        ([[0.5, "x"], [0.25, "y"]], [["x", 0.5 + 1e-9], ["y", 0.75]], 1 / 2),
        (["a", "a", "b"], ["a", "b", "b"], 2 / 3),
        ([float("nan"), 1], [1, float("nan")], 1),
        ([], [], 1),
        (0.5, 0.5 + 1e-9, 1),
        (0.5, [0.5], 0),
    ],
)
def test_elements_of_a_ranking_are_the_same_within_the_tolerance(production: Any, shadow: Any, share: float) -> None:  # noqa: ANN401
    """Numbers may differ by rounding and parts that are ignored by anything; whoever agrees differs in nothing."""
    found = difference(production, shadow, top=3, ignore=("$[*].at",))
    assert found.overlap == pytest.approx(share)
    assert found.agrees is (share == 1)
    assert found.parts == ([] if share == 1 else [("$", "ranking")])
    assert difference(production, shadow, top=3, min_overlap=0.1, ignore=("$[*].at",)).parts == (
        [] if share else [("$", "ranking")]
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0.0", "-0.0", True),
        ("[0.0, 1]", "[-0.0, 1]", True),
        ("1", "1.0", True),
        ("[1, 2]", "[1.0, 2.00]", True),
        ('{"a": [100]}', '{"a": [1e2]}', True),
        ("1", "1.5", False),
        ("true", "1", False),
    ],
)
def test_a_number_has_one_label(one: str, other: str, same: bool) -> None:
    """However JSON writes it; a truth value and another number have others."""
    assert difference(json.loads(one), json.loads(other), classes="label").agrees is same


@pytest.mark.parametrize("make", [Comparison, Rule.agreement])
@pytest.mark.parametrize(
    ("answer", "ignore", "words"),
    [
        (None, "$", "name a part"),
        ("$.a", "$", "name a part"),
        ("$[*]", "$[*]", "name a part"),
        ("$.p[*].s", "$[0]", "name a part"),
        ("$.p[*].q[*]", "$[*][*]", "name a part"),
        ("$.p[*].q[*]", "$[*]", "name a part"),
        ("$.a", "$.a", r"begin at what 'answer' names, with \$, as in \$.id"),
        ("$.a[0]", "$.a[0].b", r"begin at what 'answer' names, with \$, as in \$.id"),
        ("$.p[*].s", "$.request_id", r"with \$\[\*\], as in \$\[\*\].id"),
        ("$.p[*].s", "$.p[*].s", r"with \$\[\*\], as in \$\[\*\].id"),
        ("$.p[*].q[*]", "$[*].id", r"with \$\[\*\]\[\*\], as in \$\[\*\]\[\*\].id"),
    ],
)
def test_fails_on_what_may_differ_beside_what_is_compared(
    make: Any,  # noqa: ANN401 - two makers
    answer: str | None,
    ignore: str,
    words: str,
) -> None:
    """All of it, which leaves nothing, or a part of the answer that isn't compared, which can't do anything."""
    with pytest.raises(InvalidValueError, match=words) as error:
        make(answer=answer, ignore=[ignore])
    assert len(str(error.value).splitlines()) == 1
    assert make(answer=answer, ignore=["$" + "[*]" * (answer or "").count("*") + ".id"])


def test_a_part_of_the_answer_can_be_compared_alone() -> None:
    """The path picks from every element."""
    one, other = ({"predictions": [{"score": 0.5, "why": why}, {"score": 0.25}]} for why in "ab")
    assert difference(one, other, answer="$.predictions[*].score").exact
    assert not difference(one, other).agrees


@pytest.mark.parametrize(
    ("production", "shadow", "how", "classes", "agrees"),
    [
        ("0.4", "0.6", {"classes": "threshold"}, [("< 0.5", ">= 0.5")], False),
        ("0.5", "0.6", {"classes": "threshold"}, [(">= 0.5", ">= 0.5")], True),
        ("0.4", "0.6", {"classes": "threshold", "threshold": 0.3}, [(">= 0.3", ">= 0.3")], True),
        ("0.1,0.9", "0.3,0.7", {"classes": "argmax"}, [("1", "1")], True),
        ("0.1,0.9\n0.9,0.1", "0.1,0.9\n0.1,0.9", {"classes": "argmax"}, [("1", "1"), ("0", "1")], False),
        ("cat", "dog", {"classes": "label"}, [("cat", "dog")], False),
        (["cat", "dog"], ["cat", "dog"], {"classes": "label"}, [("cat", "cat"), ("dog", "dog")], True),
        ("error", "0.6", {"classes": "threshold"}, [("(none)", ">= 0.5")], False),
        ("oops", "ouch", {"classes": "argmax"}, [("(none)", "(none)")], False),
        ("0.4", "0.6", {}, [("< 0.5", ">= 0.5")], False),
    ],
)
def test_classes(production: Any, shadow: Any, how: Any, classes: Any, agrees: bool) -> None:  # noqa: ANN401
    """By threshold, argmax or label; an answer without a class agrees with nothing that has one, or hasn't."""
    found = difference(production, shadow, **how)
    assert (found.classes, found.agrees and not found.absent) == (classes, agrees)


def test_text_and_rankings_agree_by_what_they_have_in_common() -> None:
    """Words in any order; of rankings the first k elements."""
    assert difference("the cat sat", "sat the cat", min_overlap=0.9).agrees
    assert not difference("the cat sat", "sat the cat").agrees
    assert difference("the cat sat", "the cat ran").overlap == pytest.approx(0.5)
    assert difference([1, 2, 3, 4], [2, 1, 9, 4], top=2).agrees
    assert difference([1, 2, 3, 4], [2, 1, 9, 4], top=3).overlap == pytest.approx(2 / 3)
    assert difference([[1, 2], [3, 4]], [[1, 2], [4, 5]], top=2, min_overlap=0.5).agrees
    assert not difference([1], "none", top=2).agrees


def _lines(rows: list[list[str]]) -> str:
    return "\n".join(map(",".join, rows))


def _json(rows: list[list[str]]) -> str:
    numbers = [[float(one) for one in row] for row in rows]
    return json.dumps(numbers if len(rows) > 1 else numbers[0])


WRITTEN: list[Callable[[list[list[str]]], str]] = [
    _lines,
    _json,
    lambda rows: json.dumps([{"score": float(row[0])} for row in rows]),
    lambda rows: "\n".join(json.dumps({"score": float(row[0])}) for row in rows),
]
ROWS = st.lists(st.sampled_from("01"), min_size=1, max_size=3)


@given(
    st.lists(ROWS, min_size=1, max_size=4),
    st.lists(ROWS, min_size=1, max_size=4),
    st.sampled_from(WRITTEN),
    st.sampled_from([{}, {"min_overlap": 0.1}, *({"classes": one} for one in ("argmax", "threshold", "label"))]),
)
def test_rows_that_do_not_match_in_number_never_agree(
    ones: list[list[str]],
    others: list[list[str]],
    written: Callable[[list[list[str]]], str],
    how: dict[str, Any],
) -> None:
    """However they are written and compared, and whatever is in them; not even two rows of one and one of two."""
    found = difference(written(ones), written(others), **how)
    assert len(ones) == len(others) or not (found.agrees or found.exact or found.within)


@pytest.mark.parametrize(
    ("production", "shadow", "how"),
    [
        ("0.6,0.7", "0.6\n0.7", {}),
        ("1\n2\n3", "1\n2", {"top": 2}),
        ("1,2", "1\n2", {"top": 2}),
        ([0.6], [0.6, "x"], {"classes": "threshold"}),
        (["a"], ["a", "(none)"], {"classes": "label"}),
        ([[0.6, 0.7]], [[0.6], [0.7]], {"classes": "threshold"}),
        ([[1, 2]], [[1, 2], []], {"classes": "argmax"}),
        ({"p": [{"s": 1}]}, {"p": [{"s": 1}, {}]}, {"answer": "$.p[*].s"}),
        ({"p": [{"s": 1}, {}]}, {"p": [{}, {"s": 1}]}, {"answer": "$.p[*].s"}),
        ({"p": [{"s": 1}]}, {"p": [{"s": 1}, {}]}, {"answer": "$.p[*].s", "classes": "threshold"}),
        ({"p": [{"s": [1]}]}, {"p": [{"s": [1]}, {}]}, {"answer": "$.p[*].s[*]", "top": 1}),
        ("the cat\nthe cat", "the cat", {"min_overlap": 0.9}),
    ],
)
def test_a_row_more_is_a_difference(production: Any, shadow: Any, how: Any) -> None:  # noqa: ANN401
    """Also where it has nothing that is compared."""
    assert not difference(production, shadow, **how).agrees
    assert not difference(shadow, production, **how).agrees


def test_one_row_agrees_with_or_without_brackets_and_rankings_may_be_longer() -> None:
    """What isn't a number of rows is none."""
    for one, other in (("0.6", "[0.6]"), ("[[0.6, 0.7]]", "0.6,0.7")):
        assert all(difference(one, other, classes=how).agrees for how in ("threshold", "label"))
    assert difference("[[0.6, 0.7]]", "0.6,0.7", classes="argmax").agrees
    assert difference({"p": [{"s": 1}, {}]}, {"p": [{"s": 1}, {"s": 2}]}, answer="$.p[*].s", top=1).agrees
    labels = [{"label": "a", "at": [{"x": 1, "y": number}]} for number in (2, 3)]
    assert difference(*labels, classes="label", ignore=["$.at[*].y"]).agrees


@pytest.mark.parametrize(
    ("one", "other"), [("1e400", "1"), ("[NaN]", "[1]"), (f"[{10**400}]", "[1]"), ("[1e308]", "[-1e308]")]
)
def test_odd_numbers_differ_and_raise_nothing(one: str, other: str) -> None:
    """Infinity, NaN and numbers beyond any float are no reason to stop; like agrees with like."""
    assert not difference(one, other).agrees
    assert difference(one, one).agrees
    assert all(not math.isnan(part) for part in rank_of(difference(one, other)))


def test_deeply_nested_answers_are_compared_or_differ() -> None:
    """Brackets without end raise nothing."""
    deep = "[" * 900 + "]" * 900
    assert difference(deep, deep).agrees
    assert not difference("[" * 99_999, "[" * 99_998).agrees


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"atol": -1}, "'atol' must be from 0"),
        ({"rtol": math.nan}, "'rtol' must be"),
        ({"min_overlap": 0}, "'min_overlap' must be above 0"),
        ({"classes": "best"}, "be argmax, threshold or label"),
        ({"top": 0}, "'top' must be a whole number"),
        ({"top": 3, "classes": "label"}, "be left out with classes"),
        ({"min_overlap": 0.9, "classes": "label"}, "'min_overlap' must be left out with classes"),
        ({"by": "0"}, "must be a column from 1 to 1,000,000"),
        ({"answer": "$.a["}, "must be a path like"),
        ({"ignore": ("$..a",)}, "must be a path like"),
    ],
)
def test_fails_on_a_comparison_that_means_nothing(values: Any, words: str) -> None:  # noqa: ANN401
    """Each mistake is one line, before anything is read."""
    with pytest.raises(InvalidValueError, match=words.replace("$", r"\$")):
        Comparison(**values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        *(({"min_percent": one}, "write 99 for 99 %") for one in (0, 0.99, 1, 100)),
        ({"tolerance": 0.01, "classes": "label"}, "'tolerance' must be left out with classes"),
        ({"min_overlap": 0.9, "classes": "label"}, "'min_overlap' must be left out with classes"),
    ],
)
def test_fails_on_a_rule_that_means_something_else(values: Any, words: str) -> None:  # noqa: ANN401
    """A share of one for percent; a tolerance of what has none."""
    with pytest.raises(InvalidValueError, match=words) as error:
        Rule.agreement(**values)
    assert len(str(error.value).splitlines()) == 1
    assert Rule.agreement(min_percent=math.nextafter(1, 2), classes="label").tolerance == 1e-6


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=40))
def test_sums_give_the_statistics_of_the_pairs(pairs: list[tuple[float, float]]) -> None:
    """Mean, deviation, limits and quantiles are those of the pairs themselves; two halves merged are the whole."""
    halves = Numbers(), Numbers()
    for place, pair in enumerate(pairs):
        halves[place % 2].add(*pair)
    halves[0].merge(halves[1])
    apart = [shadow - production for production, shadow in pairs]
    assert halves[0].mean == pytest.approx(statistics.fmean(apart), abs=1e-9)
    assert halves[0].deviation == pytest.approx(statistics.stdev(apart), rel=1e-6, abs=1e-4)
    sizes = sorted(map(abs, apart))
    for share in (0.5, 0.9, 1.0):
        exact = sizes[math.ceil(share * len(sizes)) - 1]
        assert halves[0].quantile(share) == pytest.approx(exact, rel=0.0101, abs=1e-300)


def test_the_interval_holds_at_every_look() -> None:
    """Looked at after each of 400 pairs, it misses the truth in at most one run of twenty; here in fewer."""
    draw, missed = random.Random(3), 0
    for _ in range(60):
        agreeing = 0
        for count in range(1, 401):
            agreeing += draw.random() < 0.9
            if count % 20 == 0:
                found = agreement(count, agreeing, 95)
                if not found.low_percent <= 90 <= found.high_percent:
                    missed += 1
                    break
    assert missed <= 3
    narrow = agreement(100_000, 99_000, 95)
    assert narrow.low_percent > 98.8
    assert narrow.high_percent < 99.2


@pytest.mark.parametrize(
    ("agreeing", "joined", "outcome"),
    [(9990, 100, "PASS"), (9500, 100, "FAIL"), (9900, 100, "INCONCLUSIVE"), (9990, 94, "INCONCLUSIVE")],
)
def test_the_verdict_is_open_where_the_interval_is(agreeing: int, joined: float, outcome: str) -> None:
    """Above the bound for sure is a PASS, below it a FAIL; else, and with too few joined, it is open."""
    assert verdict(agreement(10_000, agreeing, 95), joined, 99)[0] == outcome


@pytest.mark.parametrize("written", ["{}", '{{"score": {}}}', "[{}, 1]", "{},1", "1\n{}"])
@pytest.mark.parametrize(
    ("one", "other", "agrees"),
    [
        ("1e400", "1e401", False),
        ("1e400", "-1e400", False),
        ("1e400", "1e400", True),
        ("1e400", "5", False),
        ("9" * 400 + ".5", "9" * 400 + ".7", False),
        ("1e308", "1.0000001e308", True),
        ("1e200", "1.0000001e200", True),
        ("1e150", "1.0000001e150", True),
        ("1e200", "1.1e200", False),
        ("1e308", "-1e308", False),
    ],
)
def test_numbers_of_any_size_agree_within_the_tolerance(written: str, one: str, other: str, agrees: bool) -> None:
    """As far as floats reach; beyond, they agree only if they are written equally."""
    found = difference(written.format(one), written.format(other))
    assert found.agrees is agrees
    assert found.exact is (one == other)


@pytest.mark.parametrize(
    ("production", "shadow", "parts"),
    [
        ('{"a": 1}', "1", [("$", "missing in the shadow")]),
        ("1", '{"a": 1}', [("$", "only in the shadow")]),
        ('{"a": null}', "{}", [("$", "missing in the shadow")]),
    ],
)
@pytest.mark.parametrize("how", [{}, {"classes": "label"}, {"top": 3}])
def test_a_part_that_one_answer_lacks_does_not_agree(production: str, shadow: str, parts: Any, how: Any) -> None:  # noqa: ANN401
    """Whatever the answer without it is; that it is no JSON makes it no part."""
    found = difference(production, shadow, answer="$.a", **how)
    assert not found.agrees
    assert how.get("top") or found.parts == parts


@pytest.mark.parametrize("answer", ["0.5", "1,2", "the cat", "{}", "null", "[1]"])
def test_what_is_no_json_has_no_part(answer: str) -> None:
    """Nothing of it is compared."""
    assert difference(answer, answer, answer="$.nope").absent
