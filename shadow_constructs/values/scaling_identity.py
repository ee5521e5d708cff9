"""A scaling policy of one variant's, made another's: its name is rewritten wherever it stands, in expressions too.

Pure functions over the members of API operation PutScalingPolicy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shadow_ops.contract.catalogue import HOST_NAMESPACE, INVOCATION_NAMESPACE, OWN_NAMESPACE

_OF_VARIANTS = (INVOCATION_NAMESPACE, HOST_NAMESPACE, OWN_NAMESPACE)
# In quotes, where CloudWatch takes the very name, and not what has it in it.
_NEGATED = re.compile(r"(?i)\bNOT\b")
_QUOTED = {key: re.compile(rf"{key}\s*=\s*([\"'])([^\"']*)\1") for key in ("EndpointName", "VariantName")}
# The one member in which a variant's name is no reference: policies are named per variant.
_OWN = "PolicyName"


def of_other(policy: Mapping[str, Any], name: str, other: str) -> Mapping[str, Any] | None:
    """The policy of variant `name` as that of variant `other`.

    Returns:
        The policy, or None if it refers to the variant in a way that can't be rewritten, such as a metric of the
        user's with the name inside its own: scaled by it, `other` would follow the traffic of `name`. None of a policy
        of steps as well: it acts when an alarm names its ARN, and the alarms there are name that of `name`.
    """
    if name != other and (policy.get("PolicyType") == "StepScaling" or "StepScalingPolicyConfiguration" in policy):
        return None
    rewritten: Mapping[str, Any] = _rewritten(policy, name, other)
    named = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
    left = (text for text in _texts(rewritten) if named.search(re.sub(_in_expression(other), "", text)))
    return rewritten if name == other or next(left, None) is None else None


def named_in(value: Any) -> Iterator[tuple[str | None, str | None]]:  # noqa: ANN401 - members of an API operation
    """Endpoint and variant of each metric of a variant that a policy reads; None where it doesn't name one.

    What a metric of the user's own is called says nothing; nor does what only CloudFormation knows.
    """
    if isinstance(value, Mapping):
        dimensions = value.get("Dimensions")
        if value.get("Namespace") in _OF_VARIANTS and isinstance(dimensions, Sequence):
            given = {one.get("Name"): one.get("Value") for one in dimensions if isinstance(one, Mapping)}
            yield given.get("EndpointName"), given.get("VariantName")
        for one in value.values():
            yield from named_in(one)
    elif isinstance(value, str):
        found = {key: pattern.findall(value) for key, pattern in _QUOTED.items()}
        # Of several it isn't known which belong together, nor of some which are not meant.
        if all(len(one) <= 1 for one in found.values()) and any(found.values()) and not _NEGATED.search(value):
            endpoint, variant = (one[0][1] if one else None for one in found.values())
            yield endpoint, variant
    elif isinstance(value, Sequence):
        for one in value:
            yield from named_in(one)


def _rewritten(value: Any, name: str, other: str) -> Any:  # noqa: ANN401 - members of an API operation
    if isinstance(value, Mapping):
        if value.get("Name") == "VariantName" and value.get("Value") == name:
            return {**value, "Value": other}
        return {key: _rewritten(one, name, other) for key, one in value.items()}
    if isinstance(value, str):
        return re.sub(_in_expression(name), lambda found: f"{found[1]}{other}{found[2]}", value)
    if isinstance(value, Sequence):
        return [_rewritten(one, name, other) for one in value]
    return value


def _in_expression(name: str) -> str:
    """In SEARCH and Metrics Insights: VariantName="production", and variant/production in a resource's label."""
    return rf"(VariantName\s*=\s*[\"']?|variant/){re.escape(name)}([\"']|\b(?!-))"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        if value.get("Name") != "VariantName":
            for key, one in value.items():
                if key != _OWN:
                    yield from _texts(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts(one)
