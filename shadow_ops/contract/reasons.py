"""A person's reason on record: why a promotion goes through whatever the gate says, or why one is taken back.

Where templates are frozen no reason can travel in them. A person puts it beside the endpoint's settings instead, and
the guard takes it once, for nothing else than what it was written for.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from shadow_ops.contract.declared import prefix
from shadow_ops.contract.versions import FORMAT, format_of, newer

Purpose = Literal["promotion", "rollback"]
PURPOSES: tuple[Purpose, ...] = ("promotion", "rollback")
_TEXTS = ("id", "purpose", "text", "by", "config", "subject", "version")
_TIMES = ("at", "expires")


def reasons_path(endpoint: str) -> str:
    """Where the reasons of an endpoint lie in Parameter Store."""
    return f"{prefix(endpoint)}/reasons"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A reason on record.

    Attributes:
        id: Identifies it, and is the end of its parameter's name.
        purpose: What it lets through: a ``promotion``, or the ``rollback`` of one.
        text: The sentence.
        by: ARN of who put it on record, as STS said.
        at: When, in UTC.
        expires: From when on it doesn't count any more.
        config: The endpoint config that served then. While another one serves it doesn't count.
        subject: Of a promotion, the SageMaker model of the shadow; of a rollback, the id, in the history, of the
            promotion that it takes back.
        version: The version that it brings to serve, for people.
        used: CloudFormation's id of the request that took it. None as long as nobody has. Not part of the text: it is a
            parameter of its own, which can be made once only.
    """

    id: str
    purpose: Purpose
    text: str
    by: str
    at: datetime.datetime
    expires: datetime.datetime
    config: str
    subject: str
    version: str
    used: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        texts = {name: getattr(self, name) for name in _TEXTS}
        return {"format": FORMAT, **texts, **{name: getattr(self, name).isoformat() for name in _TIMES}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` made.

        Raises:
            ValueError: If it isn't that, or a newer release made it: half a reason lets nothing through.
        """
        if (version := format_of(data, "format")) > FORMAT:
            raise ValueError(newer("a reason on record", version))
        try:
            texts = {name: data[name] for name in _TEXTS}
            times = {name: datetime.datetime.fromisoformat(data[name]) for name in _TIMES}
        except (KeyError, TypeError) as error:
            raise ValueError(f"a reason on record lacks {error}") from None
        if not all(isinstance(one, str) for one in texts.values()) or texts["purpose"] not in PURPOSES:
            raise ValueError("a reason on record holds something else than texts")
        if any(one.tzinfo is None for one in times.values()):
            raise ValueError("a time of a reason on record says no offset from UTC")
        return cls(**cast("Any", {**texts, **times}))

    def void_because(
        self, *, purpose: str, config: str, subject: str | None, now: datetime.datetime, request: str | None = None
    ) -> str | None:
        """Why it doesn't count for a deployment; None if it does.

        Args:
            purpose: What the deployment is.
            config: The endpoint config that serves.
            subject: What the deployment is about, as in the attribute.
            now: The time.
            request: CloudFormation's id of the deployment's request, which may have taken it already.
        """
        if self.purpose != purpose:
            return f"is for a {self.purpose}"
        if self.used is not None and self.used != request:
            return "has been used"
        if (self.config, self.subject) != (config, subject):
            return f"was written for {self.version} while another config or model was on the endpoint"
        if now >= self.expires:
            return f"expired on {self.expires:%Y-%m-%d %H:%M} UTC"
        return None
