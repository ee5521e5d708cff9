"""What the code says of an endpoint, as the parameters that its stack makes: synthesis alone writes them."""

from __future__ import annotations

from typing import Any

from shadow_ops.contract.declared import Declared, DeclaredVariant, managed_name, settings_name
from shadow_ops.contract.text import LARGEST_VALUE, compact
from shadow_ops.contract.versions import FORMAT

# Longest names of the services, for those that only CloudFormation knows: of an endpoint config, bucket and dashboard
# (API members EndpointConfigName, Bucket and DashboardName), and of an alarm (AlarmName) with what JSON puts around it.
_NAMES = 63 + 63 + 255
_ALARM = 255 + len('"",')
_LONGEST_LABEL, _LONGEST_WHY = 80, 120


def to_parameters(said: Declared, endpoint: str) -> dict[str, str]:
    """The parameters that keep the value, texts by name, `settings_name` or `managed_name` first; each is small.

    Names may hold CDK tokens, which stay whole; each is taken for as long as it may become.

    Args:
        said: What the code says.
        endpoint: The endpoint's name.
    """
    name, values = (settings_name if said.experiment is None else managed_name)(endpoint), _to_json(said)
    fixed = len(compact({**values, "alarms": [], "more": 99}).encode()) + _NAMES
    room, each = max(0, LARGEST_VALUE - fixed) // _ALARM, LARGEST_VALUE // _ALARM - 1
    further = [said.alarms[first : first + each] for first in range(room, len(said.alarms), each)]
    more = {f"{name}-{number}": {"alarms": list(names)} for number, names in enumerate(further, 2)}
    first = {**values, "alarms": list(said.alarms[:room]), **({"more": len(more)} if more else {})}
    return {name: compact(one) for name, one in {name: first, **more}.items()}


def to_text(said: Declared) -> str:
    """The value as JSON text, without what is absent."""
    return compact(_to_json(said))


def _to_json(said: Declared) -> dict[str, Any]:
    values = {
        "version": FORMAT,
        "endpoint_config": said.config,
        "production": [_variant_to_json(one) for one in said.production],
        "shadow": None if said.shadow is None else _variant_to_json(said.shadow),
        "sampling_percent": said.sampling_percent,
        "promoted": None if said.promoted is None else said.promoted.to_json(),
        "capture_uri": said.capture_uri,
        "dashboard": said.dashboard,
        "alarms": list(said.alarms),
        "policy": None if said.policy is None else said.policy.to_json(),
        "guard_off": _why(said.guard_off),
        "experiment": said.experiment,
        "watch_off": _why(said.watch_off),
    }
    return {name: one for name, one in values.items() if one is not None}


def _variant_to_json(variant: DeclaredVariant) -> dict[str, Any]:
    # A container may be called by an address of any length.
    label = _short(variant.label, _LONGEST_LABEL)
    known = {"name": variant.name, "version": variant.version, "label": label}
    limits = {"min": variant.minimum, "max": variant.maximum}
    return {**known, **{name: limit for name, limit in limits.items() if limit is not None}}


def _why(reason: str | None) -> str | None:
    return None if reason is None else _short(reason, _LONGEST_WHY, len(compact(reason)) - 2)


def _short(text: str, longest: int, written: int = 0) -> str:
    """A text of at most so many characters; of fewer, if they take more as they are written."""
    size = max(written, len(text))
    return text if size <= longest else f"{text[: longest * len(text) // size - 3]}..."
