"""What a template asks of the guard, as the properties of its two custom resources: synthesis alone writes them.

All are texts, because CloudFormation makes texts of its own of the numbers in a custom resource's properties.
"""

from __future__ import annotations

import json

from shadow_ops.contract.asked import Asked
from shadow_ops.contract.text import compact
from shadow_ops.contract.versions import FORMAT


def to_properties(asked: Asked) -> dict[str, str]:
    """The properties, without what is absent; names may hold CDK tokens, which stay whole."""
    scaling = [one.to_json() for _, one in sorted(asked.scaling.items())]
    both = {
        "Version": str(FORMAT),
        "Step": asked.step,
        "EndpointName": asked.endpoint,
        "EndpointConfigName": asked.config,
        "ProductionVariant": asked.variant,
        "ProductionVersion": asked.version,
        "Scaling": compact(scaling),
    }
    if asked.step == "after":
        return both
    decided_by = {
        "ShadowVersion": asked.shadow_version,
        "OtherVersions": compact(asked.others) if asked.others else None,
        "Promotion": "true" if asked.promotion else "false",
        "OverrideGate": None if asked.override is None else to_ascii(asked.override),
        "RollbackReason": None if asked.rollback is None else to_ascii(asked.rollback),
        "Policy": None if asked.policy is None else asked.policy.to_text(),
        "Promoted": None if asked.promoted is None else compact(asked.promoted.to_json()),
        "RollbackAlarms": compact(asked.alarms) if asked.alarms else None,
        "TestedModel": asked.tested,
    }
    return {**both, **{name: value for name, value in decided_by.items() if value is not None}}


def to_ascii(text: str) -> str:
    """A text in ASCII that `from_ascii` reads: as it is, or as JSON if it isn't ASCII."""
    return text if text.isascii() else json.dumps(text)
