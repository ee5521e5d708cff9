"""Operators and functions of metric math, on scalars, time series and arrays of time series."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from typing import TypeAlias

from local_aws.metrics.parser import MathError

Series: TypeAlias = dict[int, float]
Value: TypeAlias = float | str | Series | list[Series]

_OPERATORS: dict[str, Callable[[float, float], float | None]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    # A division by zero drops the point (CloudWatch User Guide, using-metric-math).
    "/": lambda a, b: a / b if b else None,
    "^": lambda a, b: a**b,
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "&&": lambda a, b: float(bool(a) and bool(b)),
    "||": lambda a, b: float(bool(a) or bool(b)),
}

_REDUCERS: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": statistics.fmean,
    "MIN": min,
    "MAX": max,
    "STDDEV": statistics.pstdev,
}

_POINTWISE: dict[str, Callable[[float], float | None]] = {
    "ABS": abs,
    "CEIL": lambda x: float(math.ceil(x)),
    "FLOOR": lambda x: float(math.floor(x)),
    "LOG": lambda x: math.log(x) if x > 0 else None,
    "LOG10": lambda x: math.log10(x) if x > 0 else None,
}


def negate(value: Value) -> Value:
    """Return the negative of a scalar or time series."""
    return binary("-", 0.0, value)


def binary(operator: str, left: Value, right: Value) -> Value:
    """Apply an operator; in arithmetic between time series a missing point counts as 0 (User Guide)."""
    if isinstance(left, list) or isinstance(right, list):
        return _with_arrays(operator, left, right)
    if isinstance(left, str) or isinstance(right, str):
        raise MathError(f"'{operator}' needs numbers")
    apply = _OPERATORS[operator]
    if not isinstance(left, dict) and not isinstance(right, dict):
        result = apply(left, right)
        if result is None:
            raise MathError("division by zero")
        return result
    times = sorted({*(left if isinstance(left, dict) else ()), *(right if isinstance(right, dict) else ())})
    points = {when: apply(_at(left, when), _at(right, when)) for when in times}
    return {when: value for when, value in points.items() if value is not None}


def _with_arrays(operator: str, left: Value, right: Value) -> list[Series]:
    if isinstance(left, list) and isinstance(right, list):
        raise MathError(f"'{operator}' between two arrays is not supported")
    found = []
    for item in left if isinstance(left, list) else right if isinstance(right, list) else []:
        value = binary(operator, item, right) if isinstance(left, list) else binary(operator, left, item)
        assert isinstance(value, dict)
        found.append(value)
    return found


def _at(value: float | Series, when: int) -> float:
    return value.get(when, 0.0) if isinstance(value, dict) else value


def call(function: str, arguments: list[Value], grid: Sequence[int]) -> Value:
    """Call a function.

    Raises:
        MathError: If it is unknown, or the arguments do not suit it.
    """
    if function in _REDUCERS:
        return _reduce(_REDUCERS[function], _one(function, arguments))
    if function in _POINTWISE:
        return _pointwise(_POINTWISE[function], _one(function, arguments))
    if function == "IF":
        return _if(arguments)
    if function == "FILL":
        return _fill(arguments, grid)
    if function in _SERIES_FUNCTIONS:
        value = _one(function, arguments)
        if not isinstance(value, dict):
            raise MathError(f"{function} needs a time series")
        return _SERIES_FUNCTIONS[function](value)
    if function == "METRIC_COUNT":
        value = _one(function, arguments)
        return float(len(value)) if isinstance(value, list) else 1.0
    if function == "TIME_SERIES":
        value = _one(function, arguments)
        if isinstance(value, (int, float)):
            return {when: float(value) for when in grid}
        raise MathError("TIME_SERIES needs a scalar")
    raise MathError(f"unknown function {function}")


def _one(function: str, arguments: list[Value]) -> Value:
    if len(arguments) != 1:
        raise MathError(f"{function} takes one argument, got {len(arguments)}")
    return arguments[0]


def _reduce(reducer: Callable[[list[float]], float], value: Value) -> Value:
    """Reduce a time series to a scalar, or an array to one time series over the points there are."""
    if isinstance(value, list):
        times = sorted({when for series in value for when in series})
        return {when: reducer([series[when] for series in value if when in series]) for when in times}
    if isinstance(value, dict):
        if not value:
            raise MathError("no data")
        return reducer(list(value.values()))
    raise MathError("a time series or an array is needed")


def _pointwise(apply: Callable[[float], float | None], value: Value) -> Value:
    if isinstance(value, str):
        raise MathError("a number is needed")
    if isinstance(value, list):
        return [_series(_pointwise(apply, item)) for item in value]
    if isinstance(value, dict):
        points = {when: apply(point) for when, point in value.items()}
        return {when: point for when, point in points.items() if point is not None}
    result = apply(value)
    if result is None:
        raise MathError("logarithm of a number that is not positive")
    return result


def _series(value: Value) -> Series:
    assert isinstance(value, dict)
    return value


def _if(arguments: list[Value]) -> Value:
    if len(arguments) not in (2, 3):
        raise MathError(f"IF takes two or three arguments, got {len(arguments)}")
    condition, then, otherwise = arguments[0], arguments[1], arguments[2] if len(arguments) == 3 else None
    if any(isinstance(argument, (str, list)) for argument in arguments):
        raise MathError("IF needs scalars or time series")
    if not isinstance(condition, dict):
        chosen = then if condition else otherwise
        return {} if chosen is None else chosen
    found: Series = {}
    for when, test in condition.items():
        branch = then if test else otherwise
        if isinstance(branch, dict):
            if when in branch:
                found[when] = branch[when]
        elif isinstance(branch, (int, float)):
            found[when] = float(branch)
    return found


def _fill(arguments: list[Value], grid: Sequence[int]) -> Value:
    if len(arguments) != 2:
        raise MathError(f"FILL takes two arguments, got {len(arguments)}")
    value, filler = arguments
    if isinstance(value, list):
        return [_series(_fill([item, filler], grid)) for item in value]
    if not isinstance(value, dict):
        raise MathError("FILL needs a time series or an array")
    if isinstance(filler, dict):
        return {when: value.get(when, filler.get(when, 0.0)) for when in sorted({*value, *filler})}
    if isinstance(filler, (int, float)):
        return {when: value.get(when, float(filler)) for when in sorted({*grid, *value})}
    if filler == "REPEAT":
        return _repeated(value, grid)
    if filler == "LINEAR":
        return _interpolated(value, grid)
    raise MathError("FILL fills with a number, a time series, REPEAT or LINEAR")


def _repeated(value: Series, grid: Sequence[int]) -> Series:
    found: Series = {}
    last: float | None = None
    for when in sorted({*grid, *value}):
        last = value.get(when, last)
        if last is not None:
            found[when] = last
    return found


def _interpolated(value: Series, grid: Sequence[int]) -> Series:
    known = sorted(value)
    found = dict(value)
    for before, after in itertools.pairwise(known):
        for when in grid:
            if before < when < after:
                share = (when - before) / (after - before)
                found[when] = value[before] + (value[after] - value[before]) * share
    return dict(sorted(found.items()))


def _differences(value: Series) -> Series:
    times = sorted(value)
    return {b: value[b] - value[a] for a, b in itertools.pairwise(times)}


def _rates(value: Series) -> Series:
    times = sorted(value)
    return {b: (value[b] - value[a]) / (b - a) for a, b in itertools.pairwise(times)}


def _running(value: Series) -> Series:
    total, found = 0.0, {}
    for when in sorted(value):
        total += value[when]
        found[when] = total
    return found


def _edge(value: Series, index: int) -> float:
    if not value:
        raise MathError("no data")
    return value[sorted(value)[index]]


_SERIES_FUNCTIONS: dict[str, Callable[[Series], Value]] = {
    "DIFF": _differences,
    "RATE": _rates,
    "RUNNING_SUM": _running,
    "DATAPOINT_COUNT": lambda value: float(len(value)),
    "FIRST": lambda value: _edge(value, 0),
    "LAST": lambda value: _edge(value, -1),
    "EPOCH": lambda value: {when: float(when) for when in value},
}
