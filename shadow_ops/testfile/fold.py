"""Fold a promotion into the file: what was the shadow becomes production. Text in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

import tomlkit

from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.testfile.document import parsed, reads_as
from shadow_ops.testfile.promoted import OF_THE_TEST, promoted
from shadow_ops.testfile.statements import Path, Statement, dotted, joined, statements


class _Part(Enum):
    """What becomes of a statement."""

    STAYS = "stays"
    GOES = "of the test only"
    MOVES = "the model that was tested"
    MODEL = "the model that served"
    HARDWARE = "production's hardware, if that changes"
    WHOLE = "production in one line"


def folded(text: str, where: str) -> str:
    """The file after its promotion, as `ShadowTest.promoted` is for values: production serves what was tested.

    Args:
        text: A file with a shadow. Comments and order stay, but those of what goes.
        where: Named in mistakes.

    Raises:
        InvalidValueError: If it isn't TOML, has no hardware where some must be, or couldn't be read back.
    """
    plain = parsed(text, where)
    wanted = promoted(plain, where)
    changes = wanted["production"]["hardware"] != plain["production"]["hardware"]
    parts = [(_part(one, hardware_changes=changes), one) for one in statements(text)]
    moved = [one for part, one in parts if part is _Part.MOVES]
    old = next((one for part, one in parts if part is _Part.MODEL), None)
    # As the shadow's was written, where that can stand in its new place.
    for model in (_moved(moved, old), _anew("model", wanted, old, _comments(moved))):
        after = joined(text, _changed(parts, model, wanted))
        if reads_as(after, wanted):
            return after
    fix = "write by hand what `shadow-test fold` without --write says"
    raise InvalidValueError((f"{where}: the fold of this layout isn't what was promoted, nothing is written; {fix}",))


def _part(one: Statement, *, hardware_changes: bool) -> _Part:
    def of(path: Path) -> _Part:
        match path:
            case ("shadow", "model", *_):
                return _Part.MOVES
            case (first, *_) if first in OF_THE_TEST:
                return _Part.GOES
            case ("production", "model", *_):
                return _Part.MODEL
            case ("production", "hardware", *_) if hardware_changes:
                return _Part.HARDWARE
        return _Part.STAYS

    if one.text:
        whole = one.path == ("production",) and not one.is_header
        return _Part.WHOLE if whole else of(one.path)
    before, after = (of(path) for path in one.beside)
    if {before, after} == {_Part.GOES, _Part.MOVES}:
        return _Part.MOVES
    # What is said of production's own stays with it, and so does what stands between two things.
    return before if before is after and before in (_Part.GOES, _Part.MOVES) else _Part.STAYS


def _changed(
    parts: Sequence[tuple[_Part, Statement]], model: Sequence[Statement], wanted: Mapping[str, Any]
) -> list[Statement]:
    """The file's statements after the fold."""
    hardware = [one for part, one in parts if part is _Part.HARDWARE]
    served = [one for part, one in parts if part is _Part.MODEL]
    made: list[Statement] = []
    for part, one in parts:
        if part is _Part.STAYS:
            made.append(one)
        elif part is _Part.WHOLE:
            made += _anew(None, wanted, one, one.above + _comments(one for at, one in parts if at is _Part.MOVES))
        elif served and one is served[0]:
            made += model
        elif hardware and one is hardware[0]:
            above = _comments(hardware) if one.is_header else one.above + _comments(hardware[1:])
            made += _anew("hardware", wanted, one, above)
    return made


def _moved(model: Sequence[Statement], old: Statement | None) -> list[Statement]:
    """A model as it is written, at its new place; whether it can stand there, only reading it tells."""
    made: list[Statement] = []
    if old is None:
        return made
    for one in model:
        path = ("production", *one.path[1:])
        here = path if one.is_header else path[len(old.table) :]
        stands = not one.text or (not one.is_header and one.table[:2] == ("shadow", "model"))
        if not stands and not here:
            return []
        made.append(one if stands else one.called(here))
    alike = next((one.is_header == old.is_header for one in model if one.text), False)
    return [replace(made[0], blank=old.blank), *made[1:]] if alike else made


def _anew(key: str | None, wanted: Mapping[str, Any], old: Statement | None, above: str) -> list[Statement]:
    """Production, or a table of it, written anew in the place and the manner of what stood there."""
    if old is None:
        return []
    path = ("production",) if key is None else ("production", key)
    value = wanted["production"] if key is None else wanted["production"][key]
    if old.is_header:
        text = tomlkit.dumps({"production": {key: value}})
    else:
        table = tomlkit.inline_table()
        table.update(value)
        ending = old.ending if key != "model" else ""
        text = f"{dotted(path[len(old.table) :])} = {table.as_string()}{ending}\n"
    return [replace(old, above=above, text=text)]


def _comments(of: Iterable[Statement]) -> str:
    return "".join(one.comments() for one in of)
