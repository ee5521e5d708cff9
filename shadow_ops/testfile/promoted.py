"""What a file says after its promotion, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadow_ops.contract.promotion import promoted_hardware
from shadow_ops.testfile.hardware import hardware_in

OF_THE_TEST = ("shadow", "sampling_percent", "promote_on")
"""What a file says of a test only."""


def promoted(plain: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values of a file with a shadow as `ShadowTest.promoted` has them.

    Args:
        plain: The values.
        where: Named in mistakes.

    Raises:
        InvalidValueError: If there is no hardware where some must be.
    """
    production, shadow = plain["production"], plain["shadow"]
    kept = {key: value for key, value in plain.items() if key not in OF_THE_TEST}
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
