"""Text from outside can neither move a cursor, nor forge a line, nor be taken for HTML."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import click
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.cli import harmless, output

CLI = Path(__file__).resolve().parents[3] / "shadow_ops"
ATTACKS = ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\u202egnp", "\u2028PASS", "\x7f", "\ud800", "\u200b"]


@given(st.text() | st.sampled_from(ATTACKS), st.sampled_from(["PASS", "FAIL"]))
def test_a_terminal_obeys_nothing_but_our_own_colours(text: str, outcome: str) -> None:
    """What isn't seen as itself is written out; our colours stay."""
    shown = harmless.shown(f"{output.coloured(outcome)}: {text}")
    plain = click.unstyle(shown) if "\x1b[8m" not in text else shown

    assert output.coloured(outcome) in shown
    assert not set(plain.replace("\x1b[", "")) & {"\x1b", "\x9b", "\x07", "\x08", "\r", "\u202e", "\u2028"}


@given(st.text())
def test_text_from_outside_forges_no_line_and_no_html(text: str) -> None:
    """A cell and a sentence stay one line; a page of Markdown gets no tag, no link and no further column."""
    assert len(harmless.line(text).splitlines()) <= 1
    made = harmless.in_markdown(text)
    assert "<" not in made
    assert len(made.splitlines()) <= 1
    for row in output.markdown_table([("a", "b"), (text, "c")]).splitlines():
        assert row.replace("\\\\", "").replace("\\|", "").count("|") == 3


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_holds_the_same_values_and_nothing_that_a_terminal_obeys(text: str) -> None:
    """Escaped, not replaced: a program reads what was there."""
    written = harmless.in_json(json.dumps({"a": text}, ensure_ascii=False, indent=2))

    assert json.loads(written) == {"a": text}
    assert harmless.shown(written) == written


def test_every_output_goes_through_the_one_function() -> None:
    """Nothing else of the command line writes to a stream."""
    for path in CLI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called in ("click.echo", "click.secho", "print", "sys.stdout.write", "sys.stderr.write"):
                assert "guard" in path.parts or "harmless." in ast.unparse(node), f"{path.name}:{node.lineno}"
