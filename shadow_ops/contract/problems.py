"""How a value refuses bad input: every mistake at once, one line each, before anything is synthesized."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

Foreign = tuple[str, str | None]
"""What a value that isn't plain is called, and what to write instead; None where that can't be told."""

FOREIGN: list[Callable[[object, str], Foreign | None]] = []
"""Tell values that Python's own text says nothing of, by the value and the argument that it was given for. Synthesis,
which alone meets objects of the CDK, adds `shadow_ops.contract.held`."""

# Enough for a value, what is allowed and the fix; a terminal's screen holds some.
_LONGEST_LINE = 900
# What the CDK puts for a value that only CloudFormation knows says nothing to people.
_TOKEN = re.compile(r"[$#]\{Token\[[^\]]*\]\}")
_ATTRIBUTE = re.compile(r"write (\w+(?:\.\w+)+)\Z")
# As many mistakes as a person mends at a time.
_MOST_LINES = 50


class InvalidValueError(ValueError):
    """A value that SageMaker, or a shadow test, would not accept.

    The message has one line per mistake: what is wrong, what was given, what is allowed or how to fix it.

    Attributes:
        problems: The lines, one per mistake, in the order in which they were found.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        # Here, because parts of every line come out of files and code of users: none ends a line or reaches a terminal.
        self.problems = tuple(_in_reach(harmless(readable(line), 10 * _LONGEST_LINE)) for line in problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type[InvalidValueError], tuple[tuple[str, ...]]]:
        """Another process is told the same lines."""
        return type(self), (self.problems,)


class CannotTellError(Exception):
    """Nothing can be said of what was asked for; the message is a sentence with the reason and what to do."""


class Problems:
    """Collects the mistakes found in one value, to report them together.

    Args:
        subject: The value being checked, as the user wrote it, such as ``Hardware``.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._lines: list[str] = []

    def add(
        self,
        what: str,
        must: str,
        got: object,
        fix: str | None = None,
        *,
        text: bool = True,
        listed: bool = False,
    ) -> None:
        """Record one mistake.

        Args:
            what: The name of the argument.
            must: The rule, continuing the sentence "'x' must ...".
            got: The value received.
            fix: What to change. Left out where the rule already says it.
            text: Whether text would do, so that of an object its attribute is what to write.
            listed: Whether a list of it would do.
        """
        write = _foreign(got, what)[1] if text else None
        if write is not None:
            fix = _ATTRIBUTE.sub(r"write [\1]", write) if listed else write
        line = f"{self._subject}: '{what}' must {must}, got {shown(got)}"
        self._lines.append(line if fix is None else f"{line}; {fix}")

    @property
    def lines(self) -> tuple[str, ...]:
        """What has been recorded."""
        return tuple(self._lines)

    @property
    def count(self) -> int:
        """How many mistakes have been recorded."""
        return len(self._lines)

    def raise_if_any(self) -> None:
        """Refuse the value if a mistake was recorded.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        if self._lines:
            more = len(self._lines) - _MOST_LINES
            rest = (f"{self._subject}: and {more:,} mistakes more",) if more > 0 else ()
            raise InvalidValueError((*self._lines[:_MOST_LINES], *rest))


def refuse(subject: str, what: str, must: str, got: object, fix: str | None = None, *, text: bool = True) -> NoReturn:
    """Refuse a value for a single mistake; the arguments are as for `Problems.add`.

    Raises:
        InvalidValueError: Always.
    """
    problems = Problems(subject)
    problems.add(what, must, got, fix, text=text)
    problems.raise_if_any()
    raise AssertionError("unreachable: a recorded problem always raises")


def shown(value: object, longest: int = 120) -> str:
    """A value of a user's as it is named in a mistake: as Python writes it, harmless and bounded."""
    try:
        text = _foreign(value)[0] or repr(value)
    except Exception:  # whatever a __repr__ of somebody's raises
        # Numbers of thousands of digits, what holds itself, and what its author forbade have no text.
        text = f"a {type(value).__name__} that can't be shown"
    return harmless(text, longest)


def readable(text: str) -> str:
    """A text for people, and for where a template takes no reference: what only CloudFormation knows is said to be."""
    return _TOKEN.sub("<known at deployment>", text)


def _foreign(value: object, what: str = "") -> Foreign:
    return next((told for one in FOREIGN if (told := one(value, what)) is not None), ("", None))


def _in_reach(line: str) -> str:
    """A line that can be read at a glance: of a longer one both ends, where it says what is wrong and what to do."""
    end = _LONGEST_LINE // 2 - 3
    return line if len(line) <= _LONGEST_LINE else f"{line[:end]} ... {line[-end:]}"


def harmless(text: str, longest: int = _LONGEST_LINE) -> str:
    """A text as one line that any terminal and log takes, whoever wrote it.

    What isn't printable is escaped: line ends of every kind, what a terminal takes for a command, what turns the
    direction of writing, halves of characters.

    Args:
        text: Anything.
        longest: How many characters the line has at most.
    """
    # Cut first: only so much of it is looked at.
    line = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[: longest + 1])
    return line if len(line) <= longest else f"{line[: longest - 3]}..."
