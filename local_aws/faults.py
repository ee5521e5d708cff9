"""Faults that a rehearsal plants: what AWS would do to you on a bad day, on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local_aws.errors import ServiceError
from local_aws.loose import Json


@dataclass(frozen=True)
class _Key:
    kind: type | tuple[type, ...]
    required: bool = True
    low: float | None = None
    high: float | None = None


_NUMBER = (int, float)
KINDS: dict[str, dict[str, _Key]] = {
    "silent-rollback": {"endpoint": _Key(str)},
    "failed-update": {"endpoint": _Key(str), "reason": _Key(str, required=False)},
    "slow": {"endpoint": _Key(str), "variant": _Key(str), "milliseconds": _Key(_NUMBER, low=0, high=60_000)},
    "fail": {
        "endpoint": _Key(str),
        "variant": _Key(str),
        "share": _Key(_NUMBER, low=0, high=1),
        "status": _Key(int, low=400, high=599),
    },
    "unhealthy": {"image": _Key(str, required=False), "model_data": _Key(str, required=False)},
    "unmirrored": {"endpoint": _Key(str)},
    "throttle": {"operation": _Key(str), "times": _Key(int, low=1, high=1000)},
    "deny": {"operation": _Key(str), "times": _Key(int, low=1, high=1000)},
    "kill-functions": {"operation": _Key(str), "times": _Key(int, required=False, low=1, high=1000)},
    "slow-update": {"endpoint": _Key(str), "seconds": _Key(_NUMBER, low=0, high=600)},
    "held-update": {"endpoint": _Key(str)},
    "short-timeout": {"function": _Key(str), "seconds": _Key(_NUMBER, low=0.1, high=900)},
    "late-delivery": {"function": _Key(str), "seconds": _Key(_NUMBER, low=0, high=86_400)},
    "second-delivery": {"function": _Key(str), "seconds": _Key(_NUMBER, low=0, high=86_400)},
}
"""Keys per kind of fault."""

_ONCE = frozenset({"silent-rollback", "failed-update"})
_CALLS = frozenset({"throttle", "deny", "kill-functions"})


def parse(body: Json) -> dict[str, Json]:
    """Return a checked fault.

    Raises:
        ServiceError: One line that says what is wrong and what is allowed.
    """
    if not isinstance(body, dict):
        raise _refused("a fault is a JSON object with a 'kind'")
    kind = body.get("kind")
    if kind not in KINDS:
        raise _refused(_unknown(kind))
    keys = KINDS[kind]
    for name in body:
        if name != "kind" and name not in keys:
            raise _refused(f"unknown key {name!r} for fault '{kind}', known: {', '.join(keys)}")
    for name, key in keys.items():
        if body.get(name) is None:
            if key.required:
                raise _refused(f"fault '{kind}' needs the key '{name}'")
            continue
        _check_value(kind, name, key, body[name])
    if kind == "unhealthy" and len(body) != 2:
        raise _refused("fault 'unhealthy' needs exactly one of 'image' and 'model_data'")
    return dict(body)


def _check_value(kind: str, name: str, key: _Key, value: Json) -> None:
    number: Json = value
    if isinstance(value, bool) or not isinstance(value, key.kind):
        raise _refused(f"'{name}' of fault '{kind}' has the wrong type: {value!r}")
    if key.low is not None and key.high is not None and not key.low <= number <= key.high:
        raise _refused(f"'{name}' of fault '{kind}' must be {key.low:g} to {key.high:g}, got {value}")


def _unknown(kind: Json) -> str:
    return f"unknown fault kind {kind!r}, known: {', '.join(KINDS)}"


def _refused(message: str) -> ServiceError:
    return ServiceError("InvalidFault", message)


class Faults:
    """The faults that are on; a later one of the same kind and target replaces the earlier."""

    def __init__(self) -> None:
        self._on: list[dict[str, Any]] = []

    def add(self, body: Json) -> dict[str, Json]:
        """Turn a fault on and return it as understood."""
        fault = parse(body)
        target = _target(fault)
        self._on = [other for other in self._on if _target(other) != target] + [fault]
        return fault

    def all(self) -> list[dict[str, Any]]:
        """Return the faults that are on."""
        return list(self._on)

    def clear(self, kind: str | None = None) -> None:
        """Turn every fault off, or those of one kind.

        Raises:
            ServiceError: If there is no such kind.
        """
        if kind is not None and kind not in KINDS:
            raise _refused(_unknown(kind))
        self._on = [fault for fault in self._on if kind is not None and fault["kind"] != kind]

    def find(self, kind: str, endpoint: str, variant: str | None = None) -> dict[str, Any] | None:
        """Return the fault of a kind that concerns an endpoint, and a variant where the kind names one."""
        for fault in self._on:
            if fault["kind"] == kind and fault.get("endpoint") == endpoint and fault.get("variant") == variant:
                return fault
        return None

    def take(self, endpoint: str) -> dict[str, Any] | None:
        """Return and turn off the fault that the next update of an endpoint must meet."""
        for fault in self._on:
            if fault["kind"] in _ONCE and fault["endpoint"] == endpoint:
                self._on.remove(fault)
                return fault
        return None

    def take_delay(self, endpoint: str) -> float:
        """Return and forget how many seconds longer the next update of an endpoint takes."""
        fault = self.find("slow-update", endpoint)
        if fault is None:
            return 0.0
        self._on.remove(fault)
        return float(fault["seconds"])

    def of_function(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return the fault of a kind that concerns a Lambda function: its name has the fault's text in it."""
        return next((one for one in self._on if one["kind"] == kind and one["function"] in name), None)

    def take_of_function(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return and turn off such a fault."""
        fault = self.of_function(kind, name)
        if fault is not None:
            self._on.remove(fault)
        return fault

    def take_call(self, operation: str) -> str | None:
        """Return the kind of fault that the next call of an operation must meet, and count it."""
        for fault in self._on:
            if fault["kind"] in _CALLS and fault["operation"] == operation:
                left = fault.get("times", 1) - 1
                self._on.remove(fault)
                if left > 0:
                    self._on.append({**fault, "times": left})
                return str(fault["kind"])
        return None

    def unhealthy(self, image: str, model_data: str) -> bool:
        """Return whether a container of this image and artifact must never become healthy."""
        for fault in self._on:
            if fault["kind"] == "unhealthy":
                wanted, value = fault.get("image"), image
                if wanted is None:
                    wanted, value = fault["model_data"], model_data
                if wanted in value:
                    return True
        return False


def _target(fault: dict[str, Any]) -> tuple[Any, ...]:
    if fault["kind"] in _ONCE:
        return ("update", fault["endpoint"])
    return tuple(
        fault.get(key) for key in ("kind", "endpoint", "variant", "image", "model_data", "operation", "function")
    )
