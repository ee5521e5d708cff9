"""Fold a promotion into the file: what was the shadow becomes production. Text in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomlkit

from shadow_ops.testfile.document import parsed, reads_as

# What a file says of a test only.
_OF_THE_TEST = ("shadow", "sampling_percent", "promote_on")


def folded(text: str, where: str) -> str:
    """The file after its promotion, as `ShadowTest.promoted` is for values: production serves what was tested.

    Args:
        text: A file with a shadow. Comments and order stay, but those of what goes.
        where: Named in mistakes.

    Raises:
        InvalidValueError: If it isn't TOML.
    """
    document = parsed(text, where)
    wanted = _promoted(document.unwrap())
    # As the shadow's was written, with its comments; where such a table can't stand in its new place, written anew.
    for model in (document["shadow"]["model"], wanted["production"]["model"]):
        changed = parsed(text, where)
        production: Any = changed["production"]
        production["model"] = model
        if production["hardware"] != wanted["production"]["hardware"]:
            production["hardware"] = wanted["production"]["hardware"]
        for key in _OF_THE_TEST:
            changed.pop(key, None)
        written = tomlkit.dumps(changed)
        if reads_as(written, wanted):
            return written
    return tomlkit.dumps(wanted)


def _promoted(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The same of plain values."""
    production, shadow = plain["production"], plain["shadow"]
    hardware = _hardware(production, shadow, plain.get("promote_on"))
    kept = {key: value for key, value in plain.items() if key not in _OF_THE_TEST}
    return {**kept, "production": {**production, "model": shadow["model"], "hardware": hardware}}


def _hardware(production: Mapping[str, Any], shadow: Mapping[str, Any], promote_on: object) -> object:
    """What `ShadowTest.promote_on` says, of tables."""
    ours, tested = production["hardware"], shadow["hardware"]
    if isinstance(promote_on, Mapping):
        return promote_on
    if promote_on is not None:
        return tested if promote_on == "shadow" else ours
    if production["model"]["version"] != shadow["model"]["version"]:
        return ours
    counts = [hardware.get("count", 1) for hardware in (ours, tested)]
    only_the_count = _but_count(ours) == _but_count(tested)
    return tested if only_the_count or counts[0] <= counts[1] else {**tested, "count": counts[0]}


def _but_count(hardware: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in hardware.items() if key != "count" and value is not False}
