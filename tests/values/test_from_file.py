"""A shadow test written as data: every field of the value, or refused with file, line and field."""

from __future__ import annotations

import inspect
import tomllib
import typing
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import (
    Container,
    GatePolicy,
    Guard,
    Hardware,
    InvalidValueError,
    Rule,
    Scaling,
    ShadowTest,
    Variant,
)
from shadow_constructs.values.toml.hints import classes_in
from shadow_constructs.values.toml.lines import Lines
from shadow_constructs.values.toml.reader import FACTORIES
from shadow_ops.testfile.fold import folded
from tests.values.samples import model, packed, variant
from tests.values.strategies import HARDWARE, SHADOW_TESTS
from tests.values.toml_text import text_of

CHURN = """
endpoint_name = "churn"
sampling_percent = 50

[production]
hardware = { instance_type = "ml.m5.xlarge", count = 2 }

[production.model]
version = "v1"  # since spring
container = { xgboost = "1.7-1" }
artifact = "s3://my-models/churn/v1/model.tar.gz"

[shadow]
hardware = { instance_type = "ml.m5.xlarge", count = 1 }

[shadow.model]
version = "v2"  # with the new features
container = { xgboost = "3.0-5" }
artifact = "s3://my-models/churn/v2/model.tar.gz"

[gate]
min_requests = 20

[[gate.rules]]
kind = "latency"
percentile = 99

[[gate.rules]]
kind = "error_rate"
errors = "5xx"
"""


def read(folder: Path, text: str) -> ShadowTest:
    """The test of such a file."""
    path = folder / "churn.toml"
    path.write_text(text, encoding="utf-8")
    return ShadowTest.from_file(path)


def mistakes(folder: Path, text: str) -> list[str]:
    """The lines with which a file is refused, without its path."""
    with pytest.raises(InvalidValueError) as refused:
        read(folder, text)
    return [line.replace(str(folder / "churn.toml"), "churn.toml") for line in refused.value.problems]


@given(SHADOW_TESTS)
def test_a_file_says_whatever_the_value_says(tmp_path_factory: pytest.TempPathFactory, test: ShadowTest) -> None:
    """Any shadow test that can be written in code can be written in a file, and is the same value."""
    folder = tmp_path_factory.getbasetemp()
    assert read(folder, text_of(test)) == test


@given(SHADOW_TESTS)
def test_a_file_is_folded_as_the_value_is(tmp_path_factory: pytest.TempPathFactory, test: ShadowTest) -> None:
    """What the file says after the fold is what the promotion deployed, whatever it promotes on."""
    folder = tmp_path_factory.getbasetemp()
    assert read(folder, folded(text_of(test), "churn.toml")) == test.promoted()


@pytest.mark.parametrize(
    ("production", "shadow", "promote_on"),
    [
        ('"ml.m5.xlarge", count = 4', '"ml.m5.xlarge", count = 2', ""),
        ('"ml.m5.xlarge", count = 2', '"ml.c5.xlarge", count = 1', ""),
        ('"ml.m5.xlarge", count = 4, ssm_access = false', '"ml.m5.xlarge", count = 2', ""),
        ('"ml.m5.xlarge", count = 4', '"ml.m5.xlarge", count = 2', "promote_on = false"),
        ('"ml.m5.xlarge", count = 4', '"ml.m5.xlarge", count = 2, volume_gb = false, unlisted_type = false', ""),
        (
            '"ml.m5.xlarge", count = 4, core_dump = { destination = "s3://dumps", key_arn = false }',
            '"ml.m5.xlarge", count = 2, core_dump = { destination = "s3://dumps" }',
            "",
        ),
        ('"ml.m5.xlarge", count = 2', '"ml.c5.xlarge", count = 3', ""),
        ('"ml.m5.xlarge", count = 2', '"ml.c5.xlarge"', 'promote_on = "shadow"'),
        ('"ml.m5.xlarge", count = 2', '"ml.c5.xlarge"', 'promote_on = { instance_type = "ml.c5.xlarge", count = 8 }'),
    ],
)
def test_a_test_of_hardware_is_folded_as_the_value_is(
    tmp_path: Path, production: str, shadow: str, promote_on: str
) -> None:
    """Fewer instances of the same type, other instances, and whatever `promote_on` says."""
    model = '[{0}.model]\nversion = "v1"\nmodel_name = "theirs"\n'
    text = f"""endpoint_name = "churn"\n{promote_on}
[production]\nhardware = {{ instance_type = {production} }}\n{model.format("production")}
[shadow]\nhardware = {{ instance_type = {shadow} }}\n{model.format("shadow")}"""

    assert read(tmp_path, folded(text, "churn.toml")) == read(tmp_path, text).promoted()


@st.composite
def hardware_tests(draw: st.DrawFn) -> dict[str, Any]:
    """Files that test other hardware for one model, with any default left out or spelled out."""
    ours = draw(HARDWARE)
    one_field = draw(st.sampled_from(["count", "ssm_access", "core_dump", "routing", "startup_timeout_seconds"]))
    value = getattr(draw(HARDWARE), one_field)
    tested = draw(st.just(replace(ours, **{one_field: value})) | HARDWARE)
    named = draw(st.sampled_from([None, "production", "shadow", ours, tested]))
    model = {"version": "v1", "model_name": "theirs"}
    table: dict[str, Any] = {"endpoint_name": "churn"}
    if named is not None or draw(st.booleans()):
        table["promote_on"] = _spelled(draw, named) if isinstance(named, Hardware) else named or False
    for role, hardware in (("production", ours), ("shadow", tested)):
        spelled = _spelled(draw, hardware)
        # Where there are two kinds a table may say which it is.
        named_kind = draw(st.integers(0, 9)) == 9
        table[role] = {"model": model, "hardware": {"hardware": spelled} if named_kind else spelled}
    return table


def _spelled(draw: st.DrawFn, value: Any) -> dict[str, Any]:  # noqa: ANN401 - a value of ours
    """Its table: what has its default is left out, or written as a file writes it."""
    table: dict[str, Any] = {}
    for field in fields(value):
        one = getattr(value, field.name)
        if is_dataclass(one):
            table[field.name] = _spelled(draw, one)
        elif one is not None and (one != field.default or draw(st.booleans())):
            table[field.name] = one
        # Where a flag may be None as well, false is a flag.
        elif one is None and field.name != "ssm_access" and draw(st.booleans()):
            table[field.name] = False
    return table


@given(hardware_tests())
def test_hardware_is_folded_as_the_value_is_however_it_is_written(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any]
) -> None:
    """False for what is left out, a flag that is off, counts of one, tables that name their kind."""
    folder, text = tmp_path_factory.getbasetemp(), tomlkit.dumps(table)
    try:
        test = read(folder, text)
    except InvalidValueError as error:
        assert all("change something in production" in line for line in error.problems)  # noqa: PT017 - nothing else is wrong with it
        return
    assert read(folder, folded(text, "churn.toml")) == test.promoted()


@pytest.mark.parametrize(
    ("table", "place"), [("production.variant", "production"), ("production.model.model", "model")]
)
def test_a_table_of_one_kind_is_not_named_after_it(tmp_path: Path, table: str, place: str) -> None:
    """What `fold` couldn't write again isn't read either: it is refused with its line."""
    path = tmp_path / "churn.toml"
    path.write_text(f'endpoint_name = "churn"\n[{table}]\nversion = "v1"\n', encoding="utf-8")
    with pytest.raises(InvalidValueError, match=f"line 2: '.*{place}.*' is not known here; "):
        ShadowTest.from_file(path)


@pytest.mark.parametrize("wrong", ["3", '"shadows"', "{ count = 1.5 }", "true", "[]"])
@pytest.mark.parametrize("place", ["promote_on", "production", "shadow"])
def test_what_is_no_hardware_is_not_folded(place: str, wrong: str) -> None:
    """A line says where; nothing is guessed."""
    model = 'model = { version = "v1", model_name = "theirs" }'
    hardware = {"production": '{ instance_type = "ml.m5.large" }', "shadow": '{ instance_type = "ml.c5.large" }'}
    lines = [f"[{role}]\n{model}\nhardware = {wrong if role == place else one}" for role, one in hardware.items()]
    top = [f"promote_on = {wrong}"] if place == "promote_on" else []

    with pytest.raises(InvalidValueError, match=f"churn.toml: '{place}.*' must be a table of hardware") as refused:
        folded("\n".join(top + lines), "churn.toml")
    assert len(str(refused.value).splitlines()) == 1


def test_a_fold_keeps_comments_and_order() -> None:
    """The file reads as its writer wrote it; only the shadow is gone and production serves its model."""
    after = folded(CHURN, "churn.toml")

    assert (
        after
        == """
endpoint_name = "churn"

[production]
hardware = { instance_type = "ml.m5.xlarge", count = 2 }

[production.model]
version = "v2"  # with the new features
container = { xgboost = "3.0-5" }
artifact = "s3://my-models/churn/v2/model.tar.gz"

[gate]
min_requests = 20

[[gate.rules]]
kind = "latency"
percentile = 99

[[gate.rules]]
kind = "error_rate"
errors = "5xx"
"""
    )


@pytest.mark.parametrize(
    ("shadow"),
    [
        'shadow = { model = { version = "v2", model_name = "new" }, hardware = { instance_type = "ml.m5.large" } }',
        '[shadow]\nmodel = { version = "v2", model_name = "new" }\nhardware.instance_type = "ml.m5.large"',
        '[shadow]\nmodel.version = "v2"\nhardware.instance_type = "ml.m5.large"\nmodel.model_name = "new"',
    ],
)
@pytest.mark.parametrize(
    "production",
    [
        'production = { model = { version = "v1", model_name = "old" }, hardware = { instance_type = "ml.m5.large" } }',
        '[production]\nhardware = { instance_type = "ml.m5.large" }\nmodel = { version = "v1", model_name = "old" }',
        '[production]\nmodel.version = "v1"\nhardware.instance_type = "ml.m5.large"\nmodel.model_name = "old"',
        '[production.hardware]\ninstance_type = "ml.m5.large"\n[production.model]\nversion = "v1"\nmodel_name = "old"',
    ],
)
def test_tables_may_be_written_in_any_of_tomls_ways(tmp_path: Path, production: str, shadow: str) -> None:
    """Inline, dotted, apart: read alike, and folded into a file that says what was promoted."""
    lines = sorted((production, shadow), key=lambda one: one.startswith("["))
    text = "\n".join(('endpoint_name = "churn"', *lines))

    assert read(tmp_path, folded(text, "churn.toml")) == read(tmp_path, text).promoted()


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    """Unknown fields, wrong types, wrong values, what lacks, a date without quotes: all of them at once."""
    wrong = (
        CHURN.replace("count = 2", "coutn = 2")
        .replace('xgboost = "1.7-1"', "xgboost = 1.7")
        .replace('"v2"', "2026-11-24")
        .replace("min_requests = 20", "min_requests = 0.5")
        .replace("percentile = 99", "percentile = 0.99")
        .replace('endpoint_name = "churn"', 'capture = "no"')
    )

    lines = mistakes(tmp_path, wrong)

    assert lines[0] == "churn.toml, line 2: 'capture' must be a table {...} of Capture, got 'no'"
    assert lines[1] == "churn.toml, line 6: 'production.hardware.coutn' is not known here; did you mean count?"
    assert lines[2].startswith("churn.toml, line 10: Container.xgboost: 'version' must be one of ")
    assert "churn.toml, line 17: 'shadow.model.version' must be text" in lines[3]
    assert any(line.startswith("churn.toml, line 24: gate.rules[0]: Rule.latency: 'percentile' must") for line in lines)
    assert lines[-1] == "churn.toml: 'endpoint_name' must be given"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("endpoint_name = churn", "churn.toml: not TOML: Invalid value (at line 1, column 17)"),
        ("a = 1\na = 2", "churn.toml: not TOML: Cannot overwrite a value (at "),
        ("a = " + "[" * 5000, "churn.toml: "),
        ("", "churn.toml: 'endpoint_name' must be given"),
        (
            CHURN.replace('{ xgboost = "1.7-1" }', "{}"),
            "churn.toml, line 10: 'production.model.container' must have",
        ),
        (CHURN.replace('{ xgboost = "1.7-1" }', "[]"), "churn.toml, line 10: 'production.model.container' must be a "),
        (f"{CHURN}\n[capture]\noff = 1", "churn.toml, line 33: 'capture.off' must be true"),
        (CHURN.replace("[shadow]", "[[shadow]]"), "churn.toml, line 13: 'shadow' must be a table {...} of Variant"),
    ],
)
def test_what_is_no_such_file_is_refused_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    """Broken TOML, keys that are there twice, nesting without end, nothing at all, the wrong kind of table."""
    assert mistakes(tmp_path, text)[0].startswith(said)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("endpoint_name", "must be text, got the date or time {}; write it in quotes"),
        ("sampling_percent", "must be a number, got the date or time {}"),
        ("capture", "must be a table {{...}} of Capture, got the date or time {}"),
        ("other_production", "must be a list, got the date or time {}"),
        ("tags", "must be a table, got the date or time {}"),
        ("watch.answers", "must be true or false, got the date or time {}"),
        ("watch.every_minutes", "must be a number, got the date or time {}"),
        ("promote_on", "must be a table {{...}} of Hardware or one of 'production', 'shadow', got the date or time {}"),
        ("tags.team", "can't be a date or time, got {}; what is meant as text stands in quotes"),
        ("gate.min_requests", "can't be a date or time, got {}; what is meant as text stands in quotes"),
        ("guard.off", "must be text, got the date or time {}; write it in quotes"),
    ],
)
@pytest.mark.parametrize("date", ["2026-11-24", "10:30:00", "2026-11-24T10:30:00Z"])
def test_a_date_is_refused_with_what_the_field_takes(tmp_path: Path, field: str, said: str, date: str) -> None:
    """Quotes help where text is taken, and nowhere else."""
    said = said.format(date.replace("T", " ").replace("Z", "+00:00"))
    text = CHURN.replace('endpoint_name = "churn"', "").replace("sampling_percent = 50", "")
    text = text[: text.index("[gate]")]
    [line] = [one for one in mistakes(tmp_path, f"{field} = {date}\n{text}") if f"'{field}'" in one]
    assert line == f"churn.toml, line 1: '{field}' {said}"


@pytest.mark.parametrize(
    ("table", "key", "others"),
    [
        ('watch = { off = "nobody looks", every_minutes = 15 }', "watch.off", "every_minutes"),
        ("capture = { percent = 10, off = true }", "capture.off", "percent"),
        ('guard = { off = "none", log_retention_days = 30 }', "guard.off", "log_retention_days"),
        ("guardrails = { canary = { size_percent = 20 }, bake_minutes = 5 }", "guardrails.canary", "bake_minutes"),
        ('alerts = { off = "x", emails = ["a@example.com"] }', "alerts.off", "emails"),
    ],
)
def test_what_says_all_of_a_table_stands_alone(tmp_path: Path, table: str, key: str, others: str) -> None:
    """It is known, and what is wrong is what stands beside it."""
    fix = f"leave out {others}, or leave it out"
    said = f"churn.toml, line 1: '{key}' must stand alone, because it says all of its table; {fix}"
    assert any(line.startswith(said) for line in mistakes(tmp_path, f"{table}\n{CHURN}"))


LAYOUTS = [
    'tags = { a = """\n[production]\nx = 1\n""" }\n{}',
    "tags = { a = '''\n[[gate.rules]]\n[shadow]\n''' }\n{}",
    'tags = { a = """a\\"""\n[x]""""" }\n{}',
    "tags = { a = 'it is # no comment [', b = \"\\\\\" }\n{}",
    '[tags] # [x] """\n"a]" = "b" # \'\'\'\n[other]\n{}',
    "other_production = [\n[1],\n[2, 3], # ]\n]\n{}",
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_are_counted_whatever_texts_look_like(layout: str, end: str) -> None:
    """What looks like a header within a text, a list or a comment is none."""
    text = layout.replace("{}", "[production.model]\nversion = 1\n").replace("\n", end)
    wanted = text[: text.index("version")].count("\n") + 1
    tomllib.loads(text)
    assert Lines(text).of(("production", "model", "version")) == wanted


def test_lines_of_tables_in_lists_are_those_of_their_entry() -> None:
    """The second variant's mistake isn't told with the first one's line."""
    entry = "[[other_production]]\nname = 1\n[other_production.model]\nversion = 1\n"
    lines = Lines(entry * 2)
    assert [lines.of(("other_production", n, "model", "version")) for n in (0, 1)] == [4, 8]
    assert [lines.of(("other_production", n, "name")) for n in (0, 1)] == [2, 6]
    assert [lines.of(("other_production", n, "lacks")) for n in (0, 1)] == [1, 5]


def test_a_table_without_a_header_is_where_its_first_part_is() -> None:
    """In the header of a table within it, or in a dotted key; where it has a header, it is there."""
    lines = Lines("[tags]\n[production.model.container]\nx = 1\n[shadow]\nmodel.version.y = 1\n[production]\n")
    assert lines.of(("production", "model", "version")) == 2
    assert lines.of(("production", "lacks")) == 6
    assert [lines.of(("shadow", *rest)) for rest in (("model", "lacks"), ("model", "version"), ("lacks",))] == [5, 5, 4]
    assert Lines("production.modl.x = 1").of(("production", "modl")) == 1


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With what is expected."""
    with pytest.raises(InvalidValueError, match="No such file or directory; name a file that can be read"):
        ShadowTest.from_file(tmp_path / "nothing.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """As by every reader of people's files; a byte order mark is none of them."""
    path = tmp_path / "churn.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidValueError, match="not a text file in UTF-8"):
        ShadowTest.from_file(path)
    path.write_bytes(b"\xef\xbb\xbf" + CHURN.encode())
    assert ShadowTest.from_file(path).endpoint_name == "churn"


def test_local_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """Whatever folder the CDK command line is called in."""
    packed(tmp_path / "model.tar.gz")

    test = read(tmp_path, CHURN.replace("s3://my-models/churn/v1/model.tar.gz", "model.tar.gz"))

    assert test.production.model.artifact == str(tmp_path / "model.tar.gz")


def test_every_factory_can_be_named_in_a_file() -> None:
    """But those that take objects of the CDK: whoever adds a factory to a value says whether it is for files too."""
    seen: set[type] = {GatePolicy}
    left: list[type] = [ShadowTest]
    while left:
        kind = left.pop()
        seen.add(kind)
        for hint in typing.get_type_hints(kind).values():
            inner = typing.get_args(hint) if typing.get_origin(hint) is not None else ()
            left += [one for each in (hint, *inner) for one in classes_in(each) if one not in seen]
    made = {
        kind: {
            name
            for name, one in inspect.getmembers(kind)
            if not name.startswith("_") and callable(one) and _returns(one) in {kind.__name__, "Self"}
        }
        for kind in seen
    }
    not_for_files = {"promoted", "share", "effective", "from_json", "from_text", "deployed", "from_file"}
    not_for_files |= {"in_vpc", "into", "to"}  # these take objects of the CDK
    assert {kind: names - not_for_files for kind, names in made.items() if names - not_for_files} == {
        kind: set(names) for kind, names in FACTORIES.items()
    }


@pytest.mark.parametrize("said", ['"no functions"', '{ reason = "no functions" }'])
def test_a_file_says_that_there_is_no_guard(tmp_path: Path, said: str) -> None:
    """As it says everything that a factory says: by its name, with the reason."""
    assert read(tmp_path, f"guard = {{ off = {said} }}\n{CHURN}").guard == Guard.off("no functions")


@pytest.mark.parametrize("given", ['"x:7"', "[]", "[1]", "true", "3.5", "{}"])
def test_no_factory_is_called_without_what_it_needs(tmp_path: Path, given: str) -> None:
    """Every factory of every table takes such a value, or refuses it with line and field."""
    for kind, names in FACTORIES.items():
        for name in names:
            table = {
                Container: "production.model.container",
                GatePolicy: "gate",
                Scaling: "production.scaling",
            }.get(kind, kind.__name__.lower())
            text = CHURN.split("[gate]")[0].replace("container = { xgboost", "environment = { A", 1)
            needed = [
                one
                for one, said in inspect.signature(getattr(kind, name)).parameters.items()
                if said.default is said.empty
            ]
            try:
                read(tmp_path, f"{text}\n[{table}]\n{name} = {given}\n")
                lines = []
            except InvalidValueError as refused:
                lines = [*refused.problems]
            assert all("churn.toml, line " in line for line in lines)
            if len(needed) > 1 and given != "{}":
                assert any(f"'{table}.{name}' must be a table of {' and '.join(needed)}, got" in line for line in lines)


def _returns(one: object) -> object:
    return getattr(one, "__annotations__", {}).get("return")


def test_a_file_is_the_same_value_as_the_code(tmp_path: Path) -> None:
    """The example that the page about files begins with."""
    policy = GatePolicy(rules=(Rule.latency(percentile=99), Rule.error_rate(errors="5xx")), min_requests=20)
    test = ShadowTest(
        endpoint_name="churn",
        production=Variant(
            model=model("v1", container=Container.xgboost("1.7-1")), hardware=Hardware("ml.m5.xlarge", count=2)
        ),
        shadow=variant("v2"),
        sampling_percent=50,
        gate=policy,
    )
    assert read(tmp_path, CHURN) == test
