"""A refusal that nobody catches ends an app in its own lines, without a trace of calls around them."""

from __future__ import annotations

import os
import re
import sys
from types import TracebackType

from shadow_ops.contract.problems import InvalidValueError, harmless

# How the CDK begins what it found when it had everything looked at.
_ALL = "ValidationFailedWithErrors: "
# As `Problems` and what is looked at in the end write it.
_OURS = re.compile(
    r"(?:stack \S+: )?[A-Za-z_.]+: '[^'\n]+' must [\s\S]+|stack \S+(?: must have|: an output must have) [\s\S]+"
)

# Between the app and what refuses.
_NOT_THE_APP = ("shadow_constructs", "shadow_ops", "aws_cdk", "jsii", "constructs")


def told_in_lines() -> None:
    """Have Python end so; where somebody has said already how it ends, that holds."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _told


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    lines = error.problems if isinstance(error, InvalidValueError) else _within(error)
    if not lines:
        sys.__excepthook__(kind, error, trace)
        return
    where = _where(trace)
    for line in lines:
        print(f"{where}{line}", file=sys.stderr)  # noqa: T201 - as Python shows what nobody catches


def _within(error: BaseException) -> tuple[str, ...]:
    """Refusals that come by way of the CDK, which asked while it synthesized, without what it puts around them.

    None where it refuses something itself, and nothing of ours.
    """
    if type(error.__cause__).__name__ != "JavaScriptError":
        return ()
    said = str(error).strip()
    if said.startswith(_ALL):
        # A line for each, with the path of what was asked: whatever is refused beside ours is shown too.
        lines = tuple(re.sub(r"^\s*\[[^\]]*\] ", "", one) for one in said.splitlines()[1:])
        return lines if any(_OURS.match(one) for one in lines) else ()
    found = _OURS.search(said.removeprefix("Resolution error: "))
    return () if found is None or found.start() > 0 else tuple(found[0].removesuffix(".").splitlines())


def _where(trace: TracebackType | None) -> str:
    """The line of the app that asked for it."""
    found = ""
    while trace is not None:
        frame = trace.tb_frame
        if str(frame.f_globals.get("__name__")).split(".")[0] in _NOT_THE_APP:
            break
        found = f"{_from_here(frame.f_code.co_filename)}:{trace.tb_lineno}: "
        trace = trace.tb_next
    return harmless(found)


def _from_here(file: str) -> str:
    try:
        return os.path.relpath(file)
    # Another drive, or a working directory that is gone.
    except (ValueError, OSError):
        return file
