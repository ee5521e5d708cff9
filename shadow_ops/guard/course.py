"""How far a request has come, from one invocation of the function to the next."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def new_token() -> str:
    """What tells one invocation from any other."""
    return uuid.uuid4().hex


@dataclass
class Course:
    """How far a request has come; a continuation goes on with it.

    Attributes:
        token: Who is at it: one invocation.
        began: When it was first looked at.
        forward: Whether the stack was seen to go forward then; None before the first look.
        waiting: Since when something is waited for, by what it is.
        resumes: Before when a continuation does nothing, because its predecessor may still be at it.
        heir_of: Whose work a continuation goes on with, and whose lock it takes over; None for any other invocation.
    """

    token: str
    began: datetime.datetime
    forward: bool | None = None
    waiting: dict[str, datetime.datetime] = field(default_factory=dict)
    resumes: datetime.datetime | None = None
    heir_of: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, for the event of a continuation."""
        waiting = {name: at.isoformat() for name, at in self.waiting.items()}
        resumes = None if self.resumes is None else self.resumes.isoformat()
        return {
            **{"token": self.token, "began": self.began.isoformat(), "forward": self.forward},
            **{"waiting": waiting, "resumes": resumes},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Course:
        """Read what `to_json` made."""
        waiting = {name: datetime.datetime.fromisoformat(at) for name, at in data["waiting"].items()}
        resumes = None if data["resumes"] is None else datetime.datetime.fromisoformat(data["resumes"])
        began = datetime.datetime.fromisoformat(data["began"])
        return cls(new_token(), began, data["forward"], waiting, resumes, heir_of=data["token"])
