"""What the code says of an endpoint, as its stack keeps it in SSM parameters for whoever asks.

The template makes the parameter ``/shadow-test/<endpoint>/settings``; the guard keeps its own records beside it. Names
of alarms that have no place in it are in ``…/settings-2`` and so on: all else is bounded, see `MOST_RULES`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.typed import damage, whole
from shadow_ops.contract.versions import FORMAT, check_known, format_of, newer

_KNOWN = (
    *("version", "endpoint_config", "production", "shadow", "sampling_percent", "promoted"),
    *("capture_uri", "dashboard", "alarms", "more", "policy", "guard_off", "experiment", "watch_off"),
)
_KNOWN_OF_VARIANT = ("name", "version", "label", "min", "max")
# What a variant's members were called in the first format, behind its role.
_NAMES_OF_FIRST = {"name": "variant", "version": "version", "label": "label"}
# Far more than any endpoint has alarms for.
_MOST_FURTHER = 99


ROOT = "/shadow-test"
"""Where everything of this library lies in SSM Parameter Store."""


def prefix(endpoint_name: str) -> str:
    """Where everything about an endpoint lies in SSM Parameter Store."""
    return f"{ROOT}/{endpoint_name}"


def settings_name(endpoint_name: str) -> str:
    """Name of the parameter that the template makes."""
    return f"{prefix(endpoint_name)}/settings"


def managed_name(endpoint_name: str) -> str:
    """Name of the parameter that the template of a managed test makes."""
    return f"{prefix(endpoint_name)}/managed"


@dataclass(frozen=True, kw_only=True)
class DeclaredVariant:
    """A variant as the code says it.

    Attributes:
        name: Its name.
        version: Its model's version, as named in the code.
        label: That version and its hardware, for people.
        minimum: Fewest instances that it scales to; None where the code declares no scaling.
        maximum: Most instances, likewise.
    """

    name: str
    version: str
    label: str
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the code says of an endpoint.

    Attributes:
        config: The endpoint config that must be serving; of a managed test, which SageMaker makes one for, its name.
        production: The production variants, the main one first; at least one.
        shadow: The shadow variant, or None.
        sampling_percent: Share of the requests that is copied to the shadow; 0 without one.
        promoted: What a promotion would serve on; None without a shadow, and on serverless.
        capture_uri: Folder of the endpoint's captured data, or None.
        dashboard: The dashboard's name, or None.
        alarms: Names of the alarms about this endpoint, the composite one included.
        policy: The policy of the test. None if this release can't read it.
        guard_off: Why no guard stands before and after the endpoint's updates, shortened; None where one does.
        experiment: Name of the managed test that this is said of; None where it is said of the endpoint.
        watch_off: Why nobody watches the managed test, shortened; None where somebody does, or of the endpoint.
        unread: What this release could not read of it, a line each. Empty where all is known.
    """

    config: str
    production: tuple[DeclaredVariant, ...]
    shadow: DeclaredVariant | None = None
    sampling_percent: float = 0
    promoted: Instances | None = None
    capture_uri: str | None = None
    dashboard: str | None = None
    alarms: tuple[str, ...] = ()
    policy: GatePolicy | None
    guard_off: str | None = None
    experiment: str | None = None
    watch_off: str | None = None
    unread: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, endpoint: str, value_of: Callable[[str], str | None], *, managed: bool = False) -> Self | None:
        """Read what a stack says of an endpoint, whichever release of the library made it.

        Args:
            endpoint: The endpoint's name.
            value_of: Gives the value of a parameter; None if there is none of that name.
            managed: Whether what is said of its managed test is read.

        Returns:
            The value. None if no stack says anything.

        Raises:
            InvalidValueError: If the parameter is none of ours.
        """
        name = managed_name(endpoint) if managed else settings_name(endpoint)
        text = value_of(name)
        if text is None:
            return None
        found = cls.from_text(text, name)
        # While a stack is updated, one that is gone may still be counted.
        alarms = list(found.alarms)
        for number in range(2, 2 + min(_MOST_FURTHER, json.loads(text).get("more", 0))):
            further = value_of(f"{name}-{number}")
            if further is not None:
                alarms += _alarms_in(further, f"{name}-{number}")
        return replace(found, alarms=tuple(alarms))

    @classmethod
    def from_text(cls, text: str, where: str) -> Self:
        """Read what a stack says, whichever release of the library made it.

        Args:
            text: What `to_text` made, of this release, an older or a newer one.
            where: Named in mistakes, such as the parameter.

        Raises:
            InvalidValueError: If it isn't such a text.
        """
        version = FORMAT
        try:
            data: dict[str, Any] = json.loads(text)
            version = format_of(data, "version")
            return cls._from_json(_first_format(data) if version == 1 else data, where, version)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
            if version > FORMAT:
                raise InvalidValueError((newer(where, version),)) from None
            if isinstance(error, InvalidValueError):
                raise
            raise _damaged(where, error) from None

    @classmethod
    def _from_json(cls, data: Mapping[str, Any], where: str, version: int) -> Self:
        unread = [newer(where, version)] if version > FORMAT else []
        check_known(data, _KNOWN, where, unread)
        whole(data.get("more", 0))
        shadow, promoted = data.get("shadow"), data.get("promoted")
        production = tuple(_variant(one, f"{where}: production", unread) for one in data["production"])
        if not production:
            raise IndexError("no production variant")
        return cls(
            config=_text(data, "endpoint_config"),
            production=production,
            shadow=None if shadow is None else _variant(shadow, f"{where}: shadow", unread),
            sampling_percent=_number(data, "sampling_percent"),
            promoted=None if promoted is None else Instances.from_json(promoted),
            capture_uri=_text_or_none(data, "capture_uri"),
            dashboard=_text_or_none(data, "dashboard"),
            alarms=_texts(data.get("alarms", [])),
            policy=GatePolicy.deployed(data["policy"], f"{where}: policy", unread),
            guard_off=_text_or_none(data, "guard_off"),
            experiment=_text_or_none(data, "experiment"),
            watch_off=_text_or_none(data, "watch_off"),
            unread=tuple(unread),
        )


def _variant(data: Mapping[str, Any], where: str, unread: list[str]) -> DeclaredVariant:
    check_known(data, _KNOWN_OF_VARIANT, where, unread)
    return DeclaredVariant(
        name=_text(data, "name"),
        version=_text(data, "version"),
        label=_text(data, "label"),
        minimum=None if data.get("min") is None else whole(data["min"]),
        maximum=None if data.get("max") is None else whole(data["max"]),
    )


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}")
    return value


def _text_or_none(data: Mapping[str, Any], name: str) -> str | None:
    return None if data.get(name) is None else _text(data, name)


def _texts(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise TypeError(f"{given!r} is no list of names")
    return tuple(given)


def _alarms_in(text: str, where: str) -> tuple[str, ...]:
    try:
        return _texts(json.loads(text)["alarms"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _damaged(where, error) from None


def _damaged(where: str, error: Exception) -> InvalidValueError:
    return InvalidValueError((f"{where}: not the settings of an endpoint ({damage(error)}); deploy the stack again",))


def _number(data: Mapping[str, Any], name: str) -> float:
    value = data[name]
    # NaN is nothing that a template holds.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise TypeError(f"{name} is {value!r}")
    return value


def _first_format(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the first format said, which had no version and knew one production variant, in today's words."""
    kept = {name: data[name] for name in _KNOWN if name in data}
    variants = {
        role: {name: data.get(f"{role}_{old}") for name, old in _NAMES_OF_FIRST.items()}
        for role in ("production", "shadow")
    }
    instances = {"instance_type": data.get("promoted_type"), "count": data.get("promoted_count")}
    return {
        **kept,
        "production": [variants["production"]],
        "shadow": None if variants["shadow"]["name"] is None else variants["shadow"],
        "promoted": None if instances["instance_type"] is None else instances,
    }
