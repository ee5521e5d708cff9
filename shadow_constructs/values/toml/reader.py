"""Make values of ours from the tables of a TOML file, by the types of their fields.

A table is the arguments of the value that stands there. Where Python code would call a factory, the table has its name
as the only key: ``container = { xgboost = "3.0-5" }``, ``capture = { off = true }``. Where code would say None, the
file says false: ``expire_after_days = false``.
"""

from __future__ import annotations

import datetime
import difflib
import inspect
import pathlib
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from shadow_constructs.values.alerts import Alerts
from shadow_constructs.values.capture import Capture
from shadow_constructs.values.container import Container
from shadow_constructs.values.dashboard import Dashboard
from shadow_constructs.values.guard import Guard
from shadow_constructs.values.guardrails import Guardrails
from shadow_constructs.values.scaling import Scaling
from shadow_constructs.values.toml.hints import classes_in, options_of, takes_path, takes_text, wanted
from shadow_constructs.values.toml.lines import Lines, Path
from shadow_constructs.values.watch import Watch
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError, shown

FACTORIES: Mapping[type, tuple[str, ...]] = types.MappingProxyType(
    {
        Alerts: ("off",),
        Capture: ("off",),
        Container: ("uri", "private_registry", "ecr", "dockerfile", "xgboost", "deep_learning"),
        Dashboard: ("off",),
        GatePolicy: ("none",),
        Guard: ("off",),
        Guardrails: ("canary", "linear", "rolling", "off"),
        Scaling: ("off",),
        Watch: ("off",),
    }
)
"""Which factories a file may name. What takes objects of the CDK has no place in a file."""

# Made by its factories only.
_WITHOUT_FIELDS = (Container,)
_FAILED: Any = object()


class Reader:
    """Makes values of the tables of one file, and keeps its mistakes.

    Args:
        file: The file; local paths in it are relative to its folder.
        text: What it holds: a valid TOML document.
    """

    def __init__(self, file: pathlib.Path, text: str) -> None:
        self._file, self._lines = file, Lines(text)
        self._problems: list[str] = []

    def read(self, kind: type, table: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a value of the kind that is asked for
        """Make a value of a table.

        Raises:
            InvalidValueError: With one line per mistake: file, line, field and what is allowed.
        """
        value = self._value(kind, table, ())
        if self._problems:
            raise InvalidValueError(tuple(self._problems))
        return value

    def _any(self, hint: object, data: object, path: Path) -> Any:  # noqa: ANN401 - as above
        kinds = classes_in(hint)
        if data is False and types.NoneType in typing.get_args(hint) and bool not in typing.get_args(hint):
            return None
        if isinstance(data, datetime.date | datetime.time):
            fix = "; write it in quotes" if str in options_of(hint) else ""
            return self._add(path, f"must be {wanted(hint)}, got the date or time {data}{fix}")
        if isinstance(data, Mapping) and kinds:
            # Where there are several kinds a table may say which it is; of a single one there is nothing to say.
            several = kinds if len(kinds) > 1 else ()
            other = next((kind for kind in several if set(data) == {kind.__name__.lower()}), None)
            if other is not None:
                name = other.__name__.lower()
                return self._any(other, data[name], (*path, name))
            return self._value(kinds[0], data, path)
        if isinstance(data, list) and typing.get_origin(hint) is Sequence:
            (inner,) = typing.get_args(hint)
            entries = [self._any(inner, one, (*path, number)) for number, one in enumerate(data)]
            return _FAILED if any(one is _FAILED for one in entries) else tuple(entries)
        if kinds and not takes_text(hint):
            return self._add(path, f"must be {wanted(hint)}, got {shown(data)}")
        if isinstance(data, str) and takes_path(hint) and "://" not in data:
            return str(self._file.parent / data)
        return self._plain(data, path)

    def _plain(self, data: object, path: Path) -> Any:  # noqa: ANN401 - as above
        """Data without a value of ours in it, which then has no date in it either."""
        dates = [*_dates_in(data, path)]
        for place, date in dates:
            self._add(place, f"can't be a date or time, got {date}; what is meant as text stands in quotes")
        return _FAILED if dates else data

    def _value(self, kind: type, table: Mapping[str, Any], path: Path) -> Any:  # noqa: ANN401 - as above
        factories = FACTORIES.get(kind, ())
        if len(table) == 1 and next(iter(table)) in factories:
            name, given = next(iter(table.items()))
            return self._from_factory(getattr(kind, name), given, (*path, name))
        if kind is GatePolicy:
            policy = self._plain(table, path)
            return (
                policy
                if policy is _FAILED
                else self._made(lambda: GatePolicy.from_json(_with_none(table), "gate"), path)
            )
        known = () if kind in _WITHOUT_FIELDS else tuple(field.name for field in fields(kind) if field.init)
        if not known and (not table or len(table) > 1):
            return self._add(path, f"must have one key, got {shown(dict(table))}; known are {', '.join(factories)}")
        hints = typing.get_type_hints(kind)
        return self._call(kind, {name: hints[name] for name in known}, table, path, factories)

    def _from_factory(self, factory: Callable[..., object], given: object, path: Path) -> Any:  # noqa: ANN401 - as above
        hints, parameters = typing.get_type_hints(factory), inspect.signature(factory).parameters
        known = {name: hints[name] for name in parameters}
        if isinstance(given, Mapping):
            return self._call(factory, known, given, path)
        if given is True and not known:
            return self._made(factory, path)
        if not known:
            return self._add(path, f"must be true, got {shown(given)}; leave the key out to do without")
        needed = [name for name, one in parameters.items() if one.default is one.empty]
        if len(needed) > 1:
            return self._add(path, f"must be a table of {' and '.join(needed)}, got {shown(given)}")
        name = next(iter(known))
        return self._call(factory, {name: known[name]}, {name: given}, path, shorthand=True)

    def _call(
        self,
        make: Callable[..., object],
        known: Mapping[str, object],
        table: Mapping[str, Any],
        path: Path,
        factories: Sequence[str] = (),
        *,
        shorthand: bool = False,
    ) -> Any:  # noqa: ANN401 - as above
        before = len(self._problems)
        given = {}
        for key, one in table.items():
            place = path if shorthand else (*path, key)
            if key in known:
                given[key] = self._any(known[key], one, place)
            elif key in factories:
                others = ", ".join(one for one in table if one != key)
                self._add(
                    place, f"must stand alone, because it says all of its table; leave out {others}, or leave it out"
                )
            else:
                allowed = (*known, *factories)
                near = difflib.get_close_matches(key, allowed, n=1)
                fix = f"did you mean {near[0]}?" if near else f"known are {', '.join(allowed)}"
                self._add(place, f"is not known here; {fix}")
        for name, parameter in inspect.signature(make).parameters.items():
            if parameter.default is parameter.empty and name in known and name not in given:
                self._add((*path, name), "must be given")
        return self._made(lambda: make(**given), path) if len(self._problems) == before else _FAILED

    def _made(self, make: Callable[[], object], path: Path) -> Any:  # noqa: ANN401 - as above
        try:
            return make()
        except InvalidValueError as error:
            for line in error.problems:
                self._problems.append(f"{self._place(_named_in(line, path))}: {line}")
        return _FAILED

    def _add(self, path: Path, line: str) -> Any:  # noqa: ANN401 - the mark of a failure
        name = ".".join(f"{one}" for one in path) or "the file"
        self._problems.append(f"{self._place(path)}: '{name}' {line}")
        return _FAILED

    def _place(self, path: Path) -> str:
        line = self._lines.of(path)
        return f"{self._file}" if line is None else f"{self._file}, line {line}"


def _with_none(gate: Mapping[str, Any]) -> dict[str, Any]:
    """The policy with what TOML has no word for: a bound that its rule does without."""
    rules = gate.get("rules")
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
        return dict(gate)
    read = [
        {key: None if one is False and key != "report_only" else one for key, one in rule.items()} for rule in rules
    ]
    return {**gate, "rules": read}


def _dates_in(data: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(data, datetime.date | datetime.time):
        yield path, data
    elif isinstance(data, Mapping):
        for key, one in data.items():
            yield from _dates_in(one, (*path, key))
    elif isinstance(data, list):
        for number, one in enumerate(data):
            yield from _dates_in(one, (*path, number))


def _named_in(line: str, path: Path) -> Path:
    """Which field a mistake is about, as its sentence names it: ``Hardware: 'count' must``, ``gate.rules[2]:``."""
    if field := re.match(r"[\w.]+: '(\w+)'", line):
        return (*path, field[1])
    if place := re.match(r"gate\.?(\w*)(?:\[(\d+)\])?", line):
        return (*path, *(one for one in (place[1], place[2] and int(place[2])) if one not in ("", None)))
    return path
