"""A refusal that nobody catches ends an app in its own lines, without a trace of calls around them."""

from __future__ import annotations

import os
import sys
from types import TracebackType

from shadow_ops.contract.problems import InvalidValueError, harmless

# Between the app and what refuses.
_NOT_THE_APP = ("shadow_constructs", "shadow_ops", "aws_cdk", "jsii", "constructs")


def told_in_lines() -> None:
    """Have Python end so; where somebody has said already how it ends, that holds."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _told


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not isinstance(error, InvalidValueError):
        sys.__excepthook__(kind, error, trace)
        return
    where = _where(trace)
    for line in error.problems:
        print(f"{where}{line}", file=sys.stderr)  # noqa: T201 - as Python shows what nobody catches


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
