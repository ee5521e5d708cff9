"""Fold a promotion into the file: what was the shadow becomes production. Text in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import InlineTable

from shadow_ops.contract.promotion import promoted_hardware
from shadow_ops.testfile.comments import keeping_comments
from shadow_ops.testfile.document import parsed, reads_as
from shadow_ops.testfile.hardware import hardware_in

# What a file says of a test only.
_OF_THE_TEST = ("shadow", "sampling_percent", "promote_on")


def folded(text: str, where: str) -> str:
    """The file after its promotion, as `ShadowTest.promoted` is for values: production serves what was tested.

    Args:
        text: A file with a shadow. Comments and order stay, but those of what goes.
        where: Named in mistakes.

    Raises:
        InvalidValueError: If it isn't TOML, or has no hardware where some must be.
    """
    return keeping_comments(text, lambda one: _folded(one, where))


def _folded(text: str, where: str) -> str:
    document = parsed(text, where)
    wanted = _promoted(document.unwrap(), where)
    # As the shadow's was written, with its comments; where such a table can't stand in its new place, written anew.
    for model in (document["shadow"]["model"], wanted["production"]["model"]):
        changed = parsed(text, where)
        production: Any = changed["production"]
        production["model"] = model
        if production["hardware"] != wanted["production"]["hardware"]:
            production["hardware"] = _written(wanted["production"]["hardware"], as_in=production["hardware"])
        for key in _OF_THE_TEST:
            changed.pop(key, None)
        written = tomlkit.dumps(changed)
        if reads_as(written, wanted):
            return written
    return tomlkit.dumps(wanted)


def _written(hardware: Mapping[str, Any], as_in: object) -> Mapping[str, Any]:
    if not isinstance(as_in, InlineTable):
        return hardware
    table = tomlkit.inline_table()
    table.update(hardware)
    return table


def _promoted(plain: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The same of plain values."""
    production, shadow = plain["production"], plain["shadow"]
    kept = {key: value for key, value in plain.items() if key not in _OF_THE_TEST}
    return {**kept, "production": {**production, "model": shadow["model"], "hardware": _hardware(plain, where)}}


def _hardware(plain: Mapping[str, Any], where: str) -> object:
    """What the promoted model runs on, in its writer's words where it has some."""
    production, shadow = plain["production"], plain["shadow"]
    given = {f"{role}.hardware": plain[role].get("hardware") for role in ("production", "shadow")}
    promote_on = plain.get("promote_on")
    if promote_on is False:
        promote_on = None
    elif promote_on not in (None, "production", "shadow"):
        given["promote_on"] = promote_on
    tables = {name: hardware_in(one, f"{where}: '{name}'") for name, one in given.items()}
    wanted = promoted_hardware(
        tables["production.hardware"],
        tables["shadow.hardware"],
        tables.get("promote_on", promote_on),
        same_model=production["model"]["version"] == shadow["model"]["version"],
        count=lambda one: int(one["count"]),
        counting=lambda one, count: {**one, "count": count},
    )
    counted = [{**one, "count": wanted["count"]} for one in given.values() if isinstance(one, Mapping)]
    in_their_words = (one for one in (*given.values(), *counted) if hardware_in(one, where) == wanted)
    return next(in_their_words, wanted)
