"""A file is changed as a person would change it, however it is laid out: what stays keeps words and comments."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.testfile import statements
from shadow_ops.testfile.ends import with_ends_of
from shadow_ops.testfile.fold import folded
from shadow_ops.testfile.propose import proposed

STYLES = ("inline", "dotted", "tables", "all tables", "dotted in a table", "inline in a table")
WORDS = ("why", "[shadow]", 'a "quote', "[[x]] #", "é \u2028 ü\x85", "''' \"\"\"", "= {", "\t")
MODELS = {
    "production": {"version": "v1", "container": {"xgboost": "1.7-1"}, "artifact": "s3://models/v1.tar.gz"},
    "shadow": {"version": "v2", "container": {"xgboost": "3.0-5"}, "artifact": "s3://models/v2.tar.gz"},
}
TYPES = {"production": "ml.m5.xlarge", "shadow": "ml.c7i.xlarge"}


@dataclass(frozen=True)
class Unit:
    """A statement with what is written at it.

    Attributes:
        text: Its line or lines.
        of: What becomes of it: it ``stays``, is ``changed``, goes with the ``test`` or the ``old`` model, or is of the
            ``new`` one.
        alone: A comment that stands alone before it.
    """

    text: str
    of: str
    alone: str | None


@dataclass(frozen=True)
class Layout:
    """A file, and what it says."""

    units: tuple[Unit, ...]
    comments: dict[str, str]
    promote_on: str | None
    last: str

    @property
    def text(self) -> str:
        """The file."""
        lines = [f"{'' if one.alone is None else one.alone + chr(10) * 2}{one.text}" for one in self.units]
        return "\n".join(lines) + self.last


def _inline(table: dict[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in table.items()) + " }"


def _value(value: object) -> str:
    return _inline(value) if isinstance(value, dict) else f'"{value}"' if isinstance(value, str) else str(value)


def _dotted(start: str, table: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for key, one in table.items():
        lines += _dotted(f"{start}.{key}", one) if isinstance(one, dict) else [f"{start}.{key} = {_value(one)}"]
    return lines


def _written(role: str, style: str) -> tuple[list[str], list[list[str]]]:
    """A variant as lines of the root and as tables."""
    hardware: dict[str, Any] = {"instance_type": TYPES[role], "count": 2}
    model = MODELS[role]
    keys = [f"{key} = {_value(one)}" for key, one in model.items()]
    match style:
        case "inline":
            return [f"{role} = {_inline({'hardware': hardware, 'model': model})}"], []
        case "dotted":
            return [*_dotted(f"{role}.hardware", hardware), *_dotted(f"{role} . model", model)], []
        case "tables":
            return [], [[f"[{role}]", f"hardware = {_inline(hardware)}"], [f"[ {role}.model ]", *keys]]
        case "all tables":
            machines = [f"[{role}.hardware]", *_dotted("x", hardware)]
            box = [f'[{role}."model".container]', f"xgboost = {_value(model['container']['xgboost'])}"]  # type: ignore[index]
            return [], [
                [one.removeprefix("x.") for one in machines],
                [f"[{role}.model]", *(one for one in keys if not one.startswith("container"))],
                box,
            ]
        case "dotted in a table":
            return [], [[f"[{role}]", *_dotted("hardware", hardware), *_dotted("'model'", model)]]
        case _:
            return [], [[f"[{role}]", f"hardware = {_inline(hardware)}", f"model = {_inline(model)}"]]


def _group(line: str, header: str, promote_on: str | None) -> str:
    """What becomes of a line, by its words."""
    key = line.split("=")[0] if not line.startswith("[") else ""
    place = "".join(one for one in f"{header}.{key}" if one not in "[] \"'").strip(".")
    if place.startswith("shadow"):
        return "new" if place.startswith("shadow.model") else "test"
    if place.startswith("production.model"):
        return "old"
    if place.startswith(("sampling_percent", "promote_on")):
        return "test"
    changes = promote_on == "shadow" and place.startswith("production.hardware")
    return "changed" if changes or (place == "production" and line.startswith("production =")) else "stays"


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A shadow test, laid out somehow."""
    promote_on = draw(st.sampled_from([None, "shadow"]))
    root = ['endpoint_name = "churn"', "sampling_percent = 50"]
    root += [] if promote_on is None else [f'promote_on = "{promote_on}"']
    tables = [
        ["[[gate.rules]]", 'kind = "latency"', "percentile = 99"],
        ["[tags]", 'team = "growth"', 'story = """\n[shadow]\n# none \\"""\n"""', "list = [ 1, # one\n  2 ]"],
    ]
    for role in MODELS:
        lines, more = _written(role, draw(st.sampled_from(STYLES)))
        root += lines
        tables += more
    numbers = iter(range(1000))
    comments: dict[str, str] = {}
    units: list[Unit] = []

    def comment(of: str) -> str:
        made = f"# c{next(numbers)}: {draw(st.sampled_from(WORDS))}"
        comments[made] = of
        return made

    for lines in [draw(st.permutations(root)), *draw(st.permutations(tables))]:
        header = lines[0] if lines[0].startswith("[") else ""
        for line in lines:
            of = _group(line, header, promote_on)
            before = units[-1].of if units else "stays"
            alone = f"\n{comment(f'{before} {of}')}" if draw(st.booleans()) else None
            above = "".join(f"{comment(of)}\n" for _ in range(draw(st.integers(0, 2))))
            end = f"  {comment(of)}" if draw(st.booleans()) else ""
            space = "\n" if line.startswith("[") and draw(st.booleans()) else ""
            units.append(Unit(f"{space}{above}{line}{end}", of, alone))
    return Layout(tuple(units), comments, promote_on, draw(st.sampled_from(["", "\n", "\n\n", "\n\n# the end\n"])))


@given(layouts())
def test_a_fold_changes_what_it_must_and_nothing_else(layout: Layout) -> None:
    """It says the promotion; whatever stays does so word for word, with each comment that isn't on what goes."""
    said = tomllib.loads(layout.text)
    wanted = {key: one for key, one in said.items() if key not in ("shadow", "sampling_percent", "promote_on")}
    serves = TYPES["shadow" if layout.promote_on == "shadow" else "production"]
    wanted["production"] = {"hardware": {"instance_type": serves, "count": 2}, "model": MODELS["shadow"]}

    after = folded(layout.text, "churn.toml")

    assert tomllib.loads(after) == wanted
    for unit in layout.units:
        if unit.of == "stays":
            assert unit.text.strip("\n") in after
    inline = any(one.text.lstrip("\n").startswith("shadow =") for one in layout.units)
    for text, of in layout.comments.items():
        goes = {"test", "old"} | ({"new"} if inline else set())
        if " " not in of:
            assert (text in after) == (of not in goes), of
        elif not set(of.split()) <= {"test", "old"}:
            assert text in after, of
    crlf = with_ends_of(layout.text.replace("\n", "\r\n").encode(), after)
    assert crlf.decode() == after.replace("\n", "\r\n")
    assert after.endswith("\n") == layout.text.endswith("\n")
    if layout.last.endswith("end\n"):
        assert after.endswith(layout.last)


@given(layouts(), st.sampled_from(["\n", "\r\n"]))
def test_a_proposal_changes_the_shadow_and_nothing_else(layout: Layout, end: str) -> None:
    """Likewise; and lines end as they did."""
    said = tomllib.loads(layout.text)
    text = proposed(layout.text, "churn.toml", version="7", arn="arn", image="image", artifact="s3://m/")
    package = {"arn": "arn", "image": "image", "artifact": "s3://m/"}
    shadow = {"hardware": said["production"]["hardware"], "model": {"version": "7", "package": package}}
    for one in layout.units:
        if one.of in ("stays", "old", "changed"):
            assert one.text.strip("\n") in text
    before = layout.text.replace("\n", end).encode()
    after = with_ends_of(before, text)
    assert tomllib.loads(after.decode()) == {**said, "shadow": shadow}
    assert after.replace(b"\r\n", b"").count(b"\n") == (0 if end == "\r\n" else text.count("\n"))


COMMENTED = """endpoint_name = "churn"

[production]
hardware = { instance_type = "ml.m5.xlarge" }
model = { version = "v1", model_name = "old" } # since spring

# ---- what is tested ----

[shadow]
# as small as it gets
hardware = { instance_type = "ml.m5.large" } # half

# of the second training

# better
[shadow.model]
version = "v2" # after review
model_name = "new"

# ---- people ----

[tags]
team = "growth"
"""


def test_a_model_in_a_table_takes_the_place_of_one_in_a_line() -> None:
    """With the comments of the model that is promoted, and without those of the one that goes."""
    assert (
        folded(COMMENTED, "churn.toml")
        == """endpoint_name = "churn"

[production]
hardware = { instance_type = "ml.m5.xlarge" }

# of the second training

# better
[production.model]
version = "v2" # after review
model_name = "new"

# ---- what is tested ----

# ---- people ----

[tags]
team = "growth"
"""
    )


def test_what_cannot_be_read_back_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a layout come out as something else than the promotion, one line says that it is left to a person."""
    monkeypatch.setattr("shadow_ops.testfile.fold.reads_as", lambda *_: False)
    with pytest.raises(InvalidValueError, match=r"^churn.toml: .*, nothing is written; .*[^\n]*$"):
        folded(COMMENTED, "churn.toml")


LONG = ('[tags]\nx = """\n{}"""\n', "[alerts]\nemails = [\n{}]\n", "[tags]\n{}")
OF_LINES = ("  a line\n", '  "a@example.com", # ]\n', "# {0}\n\nk{0} = 1\n")


@pytest.mark.parametrize(("around", "line"), [*zip(LONG, OF_LINES, strict=True)])
def test_a_long_file_is_read_about_once(around: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once more for each of its lines: whatever is parsed on the way is in sum no longer than the file."""
    text = COMMENTED.partition("[tags]")[0] + around.format("".join(line.format(number) for number in range(500)))
    parsed: list[int] = []
    loads = tomllib.loads

    def counted(one: str) -> dict[str, Any]:
        parsed.append(len(one))
        return loads(one)

    monkeypatch.setattr("tomllib.loads", counted)
    assert "".join(one.whole for one in statements.statements(text)) == text
    assert sum(parsed) <= len(text)
