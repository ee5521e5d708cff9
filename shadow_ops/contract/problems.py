"""How a value refuses bad input: every mistake at once, one line each, before anything is synthesized."""

from __future__ import annotations

from typing import NoReturn


class InvalidValueError(ValueError):
    """A value that SageMaker, or a shadow test, would not accept.

    The message has one line per mistake: what is wrong, what was given, what is allowed or how to fix it.

    Attributes:
        problems: The lines, one per mistake, in the order in which they were found.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = tuple(map(_printable, problems))
        super().__init__("\n".join(self.problems))


class Problems:
    """Collects the mistakes found in one value, to report them together.

    Args:
        subject: The value being checked, as the user wrote it, such as ``Hardware``.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._lines: list[str] = []

    def add(self, what: str, must: str, got: object, fix: str | None = None) -> None:
        """Record one mistake.

        Args:
            what: The name of the argument.
            must: The rule, continuing the sentence "'x' must ...".
            got: The value received.
            fix: What to change. Left out where the rule already says it.
        """
        line = f"{self._subject}: '{what}' must {must}, got {_shown(got)}"
        self._lines.append(line if fix is None else f"{line}; {fix}")

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
            raise InvalidValueError(tuple(self._lines))


def refuse(subject: str, what: str, must: str, got: object, fix: str | None = None) -> NoReturn:
    """Refuse a value for a single mistake.

    Raises:
        InvalidValueError: Always.
    """
    problems = Problems(subject)
    problems.add(what, must, got, fix)
    problems.raise_if_any()
    raise AssertionError("unreachable: a recorded problem always raises")


def _printable(line: str) -> str:
    """A line without what a terminal obeys or takes for a line end; names and paths of people's may hold it."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)


def _shown(value: object) -> str:
    try:
        text = repr(value).replace("\n", "\\n")
    except (ValueError, RecursionError):
        # Python writes no integer of thousands of digits, and no list that holds itself deeply.
        text = f"a {type(value).__name__} that is too large to be shown"
    return text if len(text) <= 120 else f"{text[:117]}..."
