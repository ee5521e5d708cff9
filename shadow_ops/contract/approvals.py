"""What a pipeline and the function that answers for it agree on: an approval, and what a stage would serve.

`shadow_ops.contract.approving` writes both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from shadow_ops.contract.declared import DeclaredVariant
from shadow_ops.contract.typed import damage

LONGEST_SUMMARY = 512
"""In characters (CodePipeline API member ApprovalResult.summary)."""
VERDICT = "Verdict"
"""What the action is called that waits for a verdict, see `beside`."""
_ASKED = re.compile(
    r"(?P<version>.+) on (?P<endpoint>[A-Za-z0-9-]+) in (?P<account>\d{12})/(?P<region>[a-z0-9-]+), "
    r"endpoint config (?P<config>[A-Za-z0-9-]+): "
)


@dataclass(frozen=True, kw_only=True)
class Approval:
    """What an approval waits for, as people and the function read it in the action's custom data.

    Attributes:
        version: The shadow's version.
        endpoint: The endpoint's name.
        account: Its account.
        region: Its Region.
        config: The endpoint config that this execution of the pipeline deployed.
    """

    version: str
    endpoint: str
    account: str
    region: str
    config: str

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Read custom data; None if it is another approval's."""
        found = _ASKED.match(text)
        return None if found is None else cls(**found.groupdict())


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a stage asks before it is entered: does already serve what its test would promote?

    Attributes:
        endpoint: The endpoint's name.
        region: Its Region; None where it is the pipeline's own.
        role: ARN of the role that may look there; None in the pipeline's own account.
        production: The production variants after the promotion: name, version and label of each.
    """

    endpoint: str
    region: str | None
    role: str | None
    production: tuple[tuple[str, str, str], ...]

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `approving.parameter` made.

        Raises:
            ValueError: If it isn't that.
        """
        data: Mapping[str, Any] = json.loads(text)
        try:
            production = tuple((str(name), str(version), str(label)) for name, version, label in data["production"])
            return cls(
                endpoint=data["endpoint"], region=data.get("region"), role=data.get("role"), production=production
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not what a stage asks ({damage(error)})") from None


def served(variants: Sequence[DeclaredVariant]) -> tuple[tuple[str, str, str], ...]:
    """Variants as they are compared: what they are called, which model they serve and on what."""
    return tuple((one.name, one.version, one.label) for one in variants)


def beside(name: str, endpoint_name: str) -> str:
    """A name in a stage that the endpoint's stack, which is called like the endpoint, doesn't have.

    Args:
        name: As it is called usually.
        endpoint_name: The endpoint.
    """
    return name if name.lower() != endpoint_name.lower() else f"its-{name}"
