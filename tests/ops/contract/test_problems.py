"""What is said of a mistake is one harmless line, whatever a user or a file gave."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shadow_ops.contract.problems import InvalidValueError, Problems, harmless, shown

_ITSELF: list[object] = []
_ITSELF.append(_ITSELF)


@given(st.text(max_size=40), st.text() | st.integers() | st.floats() | st.binary() | st.lists(st.text()))
@example("\x1e", "\x1b[2J")
@example("\u2028", "\u202e")
@example("a\r\nb", "\ud800")
@example("'x' * 5000", "x" * 5000)
@example("huge", 10**5000)
@example("itself", _ITSELF)
def test_each_mistake_is_one_printable_line(what: str, got: object) -> None:
    """No line end, escape sequence, change of direction or half of a character gets out, and no line is endless."""
    problems = Problems(what)
    problems.add(what, f"be {what}", got, what)
    error = InvalidValueError(())
    try:
        problems.raise_if_any()
    except InvalidValueError as raised:
        error = raised

    [line] = error.problems
    assert line.isprintable()
    assert str(error).splitlines() == [line]
    assert len(line) <= 2000


def test_what_is_printable_stays_as_it_is() -> None:
    """Names of every language are shown as they are written."""
    assert shown("größer 大") == "'größer 大'"
    assert harmless("größer 大") == "größer 大"


def test_what_is_cut_says_so() -> None:
    """Three dots stand for the rest, within the bound."""
    assert shown("x" * 500, 20) == "'" + "x" * 16 + "..."
    assert harmless("\x1b" * 9, 20) == "\\x1b" * 4 + "\\..."[:4] or len(harmless("\x1b" * 9, 20)) == 20


@pytest.mark.parametrize("token", ["${Token[TOKEN.1123]}", "#{Token[Fn.Split.7]}", "${Token[AWS.AccountId.3]}"])
def test_what_only_cloudformation_knows_is_called_so(token: str) -> None:
    """The CDK's placeholder says nothing to people, alone and within a text."""
    problems = Problems("Model")
    problems.add("role_arn", "be an ARN", f"arn:aws:iam::{token}:user/x")
    with pytest.raises(InvalidValueError) as refused:
        problems.raise_if_any()
    assert str(refused.value) == ("Model: 'role_arn' must be an ARN, got 'arn:aws:iam::<known at deployment>:user/x'")
