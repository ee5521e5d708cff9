"""Text from outside can neither move a cursor, nor forge a line, nor be taken for HTML."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.cli import harmless, output
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import Services

CLI = Path(__file__).resolve().parents[3] / "shadow_ops"
ATTACKS = [
    "\x1b[31m",
    "\x1b[0m",
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\u202egnp",
    "\u2028PASS",
    "\x7f",
    "\ud800",
    "\u200b",
]


@given(st.text() | st.sampled_from(ATTACKS), st.sampled_from(["PASS", "FAIL"]))
def test_a_terminal_obeys_nothing_but_our_own_colours(text: str, outcome: str) -> None:
    """What isn't seen as itself is written out; our colours stay."""
    colour = {"PASS": "green", "FAIL": "red"}[outcome]
    ours = click.style(outcome, fg=colour, bold=True)
    shown = harmless.shown(f"{output.coloured(outcome)}: {text}{harmless.coloured(text, colour)}")

    assert shown.startswith(f"{ours}: ")
    plain = shown.replace(ours, "", 1).replace(click.style("", fg=colour, reset=False), "", 1).removesuffix("\x1b[0m")
    assert not set(plain) & {"\x1b", "\x9b", "\x07", "\x08", "\r", "\u202e", "\u2028"}


def test_what_a_person_typed_is_shown_harmless(run: Run) -> None:
    """A file's name may come from anybody; click's own messages pass through the one function, too."""
    for arguments in (("send", "churn", "no\x1b[30msuch.csv"), ("\x1b[31mgate",), ("gate", "churn", "--no\x9bsuch")):
        assert not set(run(*arguments).stderr) & {"\x1b", "\x9b"}


def test_names_from_outside_are_told_with_what_is_in_them(
    run: Run, services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a terminal and without one: a colour in a name is neither obeyed nor dropped in silence."""
    file = tmp_path / "esc\x1b[30m.csv"
    file.write_text("1\n", encoding="utf-8")
    answer = {"InvokedProductionVariant": "pr\x1b[31m|od"}
    runtime = services.client("sagemaker-runtime")
    monkeypatch.setattr(type(runtime), "invoke_endpoint", lambda *_, **__: {"Body": io.BytesIO(b"0.5"), **answer})
    given: dict[tuple[str, ...], str] = {(): "pr\\x1b[31m|od", ("--format", "markdown"): "pr\\\\x1b\\[31m\\|od"}
    for form, shown in given.items():
        result = run("send", "churn", file, *form)
        assert "esc\\x1b[30m.csv" in result.stderr
        assert shown in result.stdout


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
