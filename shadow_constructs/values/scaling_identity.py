"""A scaling policy of one variant's, made another's: its name is rewritten wherever it stands, in expressions too.

Pure functions over the members of API operation PutScalingPolicy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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
