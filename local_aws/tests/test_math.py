"""Metric math."""

from __future__ import annotations

import pytest

from local_aws.metrics.math import Scope, evaluate, names_in
from local_aws.metrics.parser import MathError

GRID = (0, 60, 120)
ERRORS = {0: 1.0, 120: 3.0}
CALLS = {0: 10.0, 60: 20.0, 120: 30.0}


def value(expression: str, **expressions: str) -> dict[int, float]:
    """The series of an expression over errors ``e`` and calls ``n``."""
    scope = Scope({"e": ERRORS, "n": CALLS, "none": {}}, {"x": expression, **expressions}, {"e": 60, "n": 60}, GRID)
    return evaluate("x", scope)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("n", CALLS),
        ("n * 2 + 1", {0: 21, 60: 41, 120: 61}),
        ("1 + 2 * n - n / 2", {0: 16, 60: 31, 120: 46}),
        ("(1 + n) ^ 2", {0: 121, 60: 441, 120: 961}),
        ("-n", {0: -10, 60: -20, 120: -30}),
        ("e / n", {0: 0.1, 60: 0, 120: 0.1}),
        ("n / e", {0: 10, 120: 10}),
        ("FILL(e, 0)", {0: 1, 60: 0, 120: 3}),
        ("FILL(e, REPEAT)", {0: 1, 60: 1, 120: 3}),
        ("FILL(e, LINEAR)", {0: 1, 60: 2, 120: 3}),
        ("FILL(e, n)", {0: 1, 60: 20, 120: 3}),
        ("FILL(none, 0)", {0: 0, 60: 0, 120: 0}),
        ("IF(n > 15, n)", {60: 20, 120: 30}),
        ("IF(n > 15, n, -1)", {0: -1, 60: 20, 120: 30}),
        ("IF(n > 15 AND n < 25, 1, 0)", {0: 0, 60: 1, 120: 0}),
        ("n >= 20 || n == 10", {0: 1, 60: 1, 120: 1}),
        ("n != 20 && n <= 20", {0: 1, 60: 0, 120: 0}),
        ("n - AVG(n)", {0: -10, 60: 0, 120: 10}),
        ("n / SUM(n) * 60", {0: 10, 60: 20, 120: 30}),
        ("MAX([n, e])", {0: 10, 60: 20, 120: 30}),
        ("MIN([n, e])", {0: 1, 60: 20, 120: 3}),
        ("SUM(METRICS())", {0: 11, 60: 20, 120: 33}),
        ('SUM(METRICS("n"))', {0: 10, 60: 20, 120: 30}),
        ("AVG([n * 2, n])", {0: 15, 60: 30, 120: 45}),
        ("SUM([n, n] * 2)", {0: 40, 60: 80, 120: 120}),
        ("n / PERIOD(n) * 60", CALLS),
        ("RATE(n) * 60", {60: 10, 120: 10}),
        ("DIFF(n)", {60: 10, 120: 10}),
        ("RUNNING_SUM(n)", {0: 10, 60: 30, 120: 60}),
        ("CEIL(n / 15)", {0: 1, 60: 2, 120: 2}),
        ("ABS(0 - n)", CALLS),
        ("n * 0 + DATAPOINT_COUNT(e)", {0: 2, 60: 2, 120: 2}),
        ("n * 0 + LAST(e) + FIRST(e)", {0: 4, 60: 4, 120: 4}),
        ("TIME_SERIES(7)", {0: 7, 60: 7, 120: 7}),
        ("none / n", {0: 0, 60: 0, 120: 0}),
        ("n / none", {}),
    ],
)
def test_expressions_give_their_series(expression: str, expected: dict[int, float]) -> None:
    """Missing points count as 0 in arithmetic and a division by zero drops the point, as the user guide says."""
    assert expected == pytest.approx(value(expression))


def test_expressions_may_refer_to_expressions() -> None:
    """An id may stand for another expression."""
    assert pytest.approx(value("rate * 100", rate="e / n")) == {0: 10, 60: 0, 120: 10}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "unexpected 'end'"),
        ("n +", "unexpected 'end'"),
        ("n n", "unexpected 'n'"),
        ("(n", r"expected '\)', got 'the end'"),
        ("n ? 1", r"unexpected '\? 1'"),
        ("m", "unknown id 'm'"),
        ("MEDIAN(n)", "unknown function MEDIAN"),
        ("SUM(n, n)", "takes one argument"),
        ("IF(n)", "two or three arguments"),
        ("FILL(n)", "two arguments"),
        ("AVG(n)", "must return one time series, it returns a scalar"),
        ("METRICS()", "it returns several time series"),
        ("x + 1", "'x' refers to itself"),
        ("1 / 0", "division by zero"),
        ("n + 'text'", "needs numbers"),
        ("AVG(none)", "no data"),
        ("n" + " + n" * 700, "at most 2048 characters"),
    ],
)
def test_fails_wrong_expressions(expression: str, said: str) -> None:
    """What is wrong with an expression is said in a line."""
    with pytest.raises(MathError, match=said):
        value(expression)


def test_the_ids_of_an_expression_can_be_asked_for() -> None:
    """Every reference is found, wherever it stands."""
    assert {"a", "b", "c", "d"} == names_in("IF(a > -b, SUM([c, 1]), FILL(d, 0))")
