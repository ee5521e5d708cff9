"""The hardware tables of a file, in one form whatever their writer left out or spelled out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import InvalidValueError, shown

# Where false is a value of its own; elsewhere it says what leaving the key out says.
_FLAGS = ("ssm_access",)
# Where there are two kinds a table may say which it is: hardware = { hardware = { ... } }.
_KIND = "hardware"


def hardware_in(given: object, what: str) -> dict[str, Any]:
    """A table of `Hardware` without what it needn't say, but with its count.

    Two tables that are the same value become equal.

    Args:
        given: The table.
        what: Named in the mistake.

    Raises:
        InvalidValueError: If it isn't a table of hardware with a count.
    """
    table = _said(given)
    if not isinstance(table, Mapping) or type(table.get("count", 1)) is not int:
        must = "a table of hardware whose count is a whole number"
        raise InvalidValueError((f"{what} must be {must}, got {shown(given)}; see docs/test-files.md",))
    return {"count": 1, **table}


def instances_in(given: object, what: str) -> Instances | None:
    """Type and count of a table of hardware; None of a serverless one.

    Raises:
        InvalidValueError: If it isn't a table of hardware.
    """
    table = hardware_in(given, what)
    return None if "serverless" in table else Instances(str(table.get("instance_type")), table["count"])


def _said(given: object) -> object:
    match given:
        case {**one} if set(one) == {_KIND}:
            return _said(one[_KIND])
        case Mapping():
            return {key: _said(one) for key, one in given.items() if one is not False or key in _FLAGS}
    return given
