"""Metric math: evaluates expressions over time series as GetMetricData and alarms do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from local_aws.metrics.functions import Series, Value, binary, call, negate
from local_aws.metrics.parser import Array, Binary, Call, MathError, Name, Negate, Node, Number, Text, parse

__all__ = ["MathError", "Scope", "evaluate", "names_in"]


class Scope(NamedTuple):
    """What an expression may refer to.

    Args:
        series: Points per metric id.
        expressions: Text per expression id.
        periods: Period in seconds per metric id.
        grid: The period starts asked for, which FILL fills.
    """

    series: Mapping[str, Series]
    expressions: Mapping[str, str]
    periods: Mapping[str, int]
    grid: Sequence[int]


def evaluate(identifier: str, scope: Scope) -> Series:
    """Return the time series of an expression.

    Raises:
        MathError: If the expression is wrong, refers to itself, or is not one time series.
    """
    value = _Evaluator(scope).reference(identifier)
    if not isinstance(value, dict):
        kind = "several time series" if isinstance(value, list) else "a scalar"
        raise MathError(f"the expression must return one time series, it returns {kind}")
    return value


def names_in(expression: str) -> set[str]:
    """Return the ids an expression refers to."""
    found: set[str] = set()

    def visit(node: Node) -> None:
        match node:
            case Name(name):
                found.add(name)
            case Binary(_, left, right):
                visit(left)
                visit(right)
            case Negate(operand):
                visit(operand)
            case Array(items) | Call(_, items):
                for item in items:
                    visit(item)
            case _:
                pass

    visit(parse(expression))
    return found


class _Evaluator:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._open: list[str] = []

    def reference(self, name: str) -> Value:
        if name in self._scope.expressions:
            if name in self._open:
                raise MathError(f"'{name}' refers to itself")
            self._open.append(name)
            value = self.value(parse(self._scope.expressions[name]))
            self._open.pop()
            return value
        if name in self._scope.series:
            return dict(self._scope.series[name])
        raise MathError(f"unknown id '{name}'")

    def value(self, node: Node) -> Value:
        match node:
            case Number(number):
                return number
            case Text(text):
                return text
            case Name(name):
                return name if name in ("REPEAT", "LINEAR") else self.reference(name)
            case Negate(operand):
                return negate(self.value(operand))
            case Binary(operator, left, right):
                return binary(operator, self.value(left), self.value(right))
            case Array(items):
                return [self._series(item) for item in items]
            case Call("METRICS", items):
                return self._metrics(items)
            case Call("PERIOD", (Name(name),)):
                return float(self._period(name))
            case Call(function, items):
                return call(function, [self.value(item) for item in items], self._scope.grid)
        raise MathError(f"cannot evaluate {node}")

    def _series(self, node: Node) -> Series:
        value = self.value(node)
        if not isinstance(value, dict):
            raise MathError("an array must hold time series")
        return value

    def _metrics(self, items: tuple[Node, ...]) -> list[Series]:
        prefix = items[0].text if items and isinstance(items[0], Text) else ""
        # METRICS() is every metric of the request, not the expressions.
        return [dict(series) for name, series in self._scope.series.items() if prefix in name]

    def _period(self, name: str) -> int:
        if name not in self._scope.periods:
            raise MathError(f"unknown id '{name}'")
        return self._scope.periods[name]
