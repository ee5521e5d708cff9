"""``shadow-test responses``: captured answers compared, requests hidden unless they are asked for."""

from __future__ import annotations

import datetime
import json
import os
import re
from pathlib import Path

import pytest
from click.testing import Result

from shadow_ops.cli import durations
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import Services
from tests.ops.fake_cloudwatch import START
from tests.ops.responses.captured import Said, write
from tests.ops.responses.fake_s3 import FakeS3


@pytest.fixture
def captured(tmp_path: Path) -> Path:
    """Two hundred requests, ten of which the shadow answers otherwise."""
    production = [Said(f"id-{n}", "0.4", f"customer-{n},{n % 2}") for n in range(200)]
    shadow = [Said(one.id, "0.6" if n % 20 == 0 else "0.4", one.request) for n, one in enumerate(production)]
    write(tmp_path / "churn", "production", production)
    write(tmp_path / "churn", "shadow", shadow)
    return tmp_path / "churn"


def responses(run: Run, captured: Path, *arguments: object) -> Result:
    """Run the command on a folder, with a cache of its own."""
    return run("responses", "churn", "--from", captured, "--cache", captured.parent / "cache", *arguments)


@pytest.mark.parametrize("engine", ["duckdb", "stdlib"])
def test_agreement_flips_segments_and_examples_are_shown(run: Run, captured: Path, engine: str) -> None:
    """What a person wants to know is there, whatever engine found it out."""
    done = responses(run, captured, "--by", "2", "--engine", engine, "--show-inputs")
    assert done.exit_code == 0, done.output
    assert "95.00 % of 200 pairs agree within the tolerance" in done.stdout
    assert "< 0.5 -> >= 0.5: 10 (5.00 %)" in done.stdout
    assert "joined by InferenceId: 100.00 % of the smaller side" in done.stdout
    shares = [line.split() for line in done.stdout.splitlines() if line.endswith(("90.00 %", "100.00 %"))]
    assert shares == [["0", "100", "90.00", "%"], ["1", "100", "100.00", "%"]]
    assert "id-80" in done.stdout


def test_requests_are_shown_to_who_asks(run: Run, captured: Path) -> None:
    """They are customers' data: shown with --show-inputs alone, in every format."""
    assert "customer-80" in responses(run, captured, "--show-inputs").stdout
    hidden = json.loads(responses(run, captured, "--format", "json").stdout)
    shown = json.loads(responses(run, captured, "--format", "json", "--show-inputs", "--examples", "2").stdout)
    assert all("request" not in one for one in hidden["examples"])
    assert [one["request"].split("-")[0] for one in shown["examples"]] == ["customer"] * 2
    assert (shown["pairs"], shown["agreeing"], shown["classes"][1]["pairs"]) == (200, 190, 10)


@pytest.mark.parametrize("engine", ["duckdb", "stdlib"])
@pytest.mark.parametrize("by", ["1", "$.name"])
@pytest.mark.parametrize("form", ["text", "markdown", "json", "csv", "parquet"])
def test_what_requests_are_counted_by_is_shown_to_who_asks(
    run: Run, tmp_path: Path, engine: str, by: str, form: str
) -> None:
    """A segment's name is a part of the request: without --show-inputs a hash takes its place, wherever it is shown."""
    import duckdb

    said = [Said(f"id-{n}", "0.4", "Ada,1" if by == "1" else '{"name": "Ada"}') for n in range(30)]
    write(tmp_path / "churn", "production", said)
    write(tmp_path / "churn", "shadow", [Said(one.id, "0.6", one.request) for one in said])
    for shows in (False, True):
        file = tmp_path / f"{shows}.{form}"
        more = ("--export", file) if form in ("csv", "parquet") else ("--format", form)
        flags = ("--show-inputs",) if shows else ()
        done = responses(run, tmp_path / "churn", "--by", by, "--engine", engine, *more, *flags)
        assert done.exit_code == 0, done.output
        shown = done.output
        if form in ("csv", "parquet"):
            shown += str(duckdb.connect().execute(f"SELECT * FROM '{file}'").fetchall())
        assert ("Ada" in shown) is shows
        assert shows or "#" in shown


SECRET = re.compile("Ada|Grace")
SHOWN_WITH = {
    "request": ("Ada,1", "Ada-{}", "0.4", "0.6", (), "--show-inputs"),
    "id": ("1,1", "Ada-{}", "0.4", "0.6", (), "--show-inputs"),
    "segment": ("Ada,1", "{}", "0.4", "0.6", ("--by", "1"), "--show-inputs"),
    "text": ("1,1", "{}", "Ada sat", "Grace sat", (), "--show-answers"),
    "text in JSON": ("1,1", "{}", '["Ada", 0.4]', '["Grace", 0.4]', (), "--show-answers"),
    "member": ("1,1", "{}", '{"Ada": 0.4}', '{"Ada": 0.6}', (), "--show-answers"),
    "member more": ("1,1", "{}", '{"x": 0.4}', '{"x": 0.4, "Grace": 0.6}', (), "--show-answers"),
    "member of rows": ("1,1", "{}", '[{"Ada": 1}, {"Ada": 2}, {"Ada": 3}]', "[]", (), "--show-answers"),
    "inner member": ("1,1", "{}", '{"x": [{"Ada": "a"}]}', '{"x": [{"Ada": "b"}]}', (), "--show-answers"),
    "label": ("1,1", "{}", "Ada", "Grace", ("--classes", "label"), "--show-answers"),
    "ranking": ("1,1", "{}", '["Ada", "x"]', '["Grace", "x"]', ("--top", "2"), "--show-answers"),
}


@pytest.mark.parametrize(
    ("engine", "form"), [("duckdb", "text"), ("stdlib", "markdown"), ("duckdb", "csv"), ("stdlib", "parquet")]
)
@pytest.mark.parametrize("kind", list(SHOWN_WITH))
def test_what_is_customers_own_is_shown_to_who_asks(
    run: Run, tmp_path: Path, engine: str, form: str, kind: str
) -> None:
    """Of nine pairs: what callers sent with --show-inputs, what they got with --show-answers, and never otherwise."""
    import duckdb

    request, name, one, other, how, flag = SHOWN_WITH[kind]
    production = [Said(name.format(n), one, request) for n in range(9)]
    write(tmp_path / "churn", "production", production)
    write(tmp_path / "churn", "shadow", [Said(said.id, other, request) for said in production])
    for flags in ((), ("--show-inputs",), ("--show-answers",)):
        file = tmp_path / f"{len(flags)}{flags[-1:]}.{form}"
        more = ("--export", file, "--format", "json") if form in ("csv", "parquet") else ("--format", form)
        done = responses(run, tmp_path / "churn", "--engine", engine, *how, *more, *flags)
        assert done.exit_code == 0, done.output
        shown = done.output
        if file.exists():
            shown += str(duckdb.connect().execute("SELECT * FROM query_table([$1])", [str(file)]).fetchall())
        assert bool(SECRET.search(shown)) is (flag in flags), shown


HALVES = [
    r'"Ada \ud83d"',
    r'{"Ada \uDE00": 1}',
    r'{"u": "\uDE00\ud83d", "x": [{"\udfff": "\uD800"}]}',
    r'"\ud83d\ude00"',
]


@pytest.mark.parametrize(
    ("engine", "form"), [("duckdb", "text"), ("stdlib", "markdown"), ("duckdb", "csv"), ("stdlib", "parquet")]
)
@pytest.mark.parametrize("how", [(), ("--classes", "label"), ("--redact", "$.x"), ("--by", "$.u")])
def test_half_of_a_surrogate_pair_ends_nothing(
    run: Run, tmp_path: Path, engine: str, form: str, how: tuple[str, ...]
) -> None:
    """JSON can write it, and no file or terminal: in requests and answers, in texts and members' names, everywhere."""
    odd = [(one, other, encoding) for one in HALVES for other in HALVES for encoding in ("JSON", "BASE64")]
    for side in ("production", "shadow"):
        said = [
            Said(f"{n}", one if side == "production" else other, one, encoding=encoding)
            for n, (one, other, encoding) in enumerate(odd)
        ]
        write(tmp_path / "churn", side, said)
    file = tmp_path / f"pairs.{form}"
    more = ("--export", file) if form in ("csv", "parquet") else ("--format", form)
    for flags in ((), ("--show-inputs", "--show-answers", "--force")):
        shown = flags[: 3 if file.exists() else 2]
        done = responses(run, tmp_path / "churn", "--engine", engine, "--examples", "99", *how, *more, *shown)
        assert done.exit_code == 0, done.output
        assert not done.exception
        done.output.encode()
    found = json.loads(responses(run, tmp_path / "churn", "--engine", engine, "--format", "json").stdout)
    assert (found["pairs"], found["agreeing"]) == (32, 8)


@pytest.mark.parametrize("engine", ["duckdb", "stdlib"])
def test_what_may_differ_and_is_nowhere_is_told(run: Run, tmp_path: Path, engine: str) -> None:
    """A typo, or a path from the beginning where only a part is compared; what is on one side alone is somewhere."""
    write(tmp_path / "churn", "production", [Said("1", '{"a": {"id": 1, "s": [{"at": 1}], "x": 2}}')])
    write(tmp_path / "churn", "shadow", [Said("1", '{"a": {"s": [{"at": 2}], "x": 2}}')])
    met = ("--ignore", "$.a.id", "--ignore", "$.a.s[0].at")
    assert "warning" not in responses(run, tmp_path / "churn", *met, "--engine", engine).stderr
    done = responses(run, tmp_path / "churn", *met, "--ignore", "$.id", "--engine", engine)
    assert done.stderr.count("warning") == 1
    assert "warning: --ignore '$.id' was in no answer that was compared\n" in done.stderr
    done = responses(run, tmp_path / "churn", "--answer", "$.a", "--ignore", "$.b", "--engine", engine)
    assert "--ignore '$.b' was in no answer that was compared; it begins at what --answer '$.a' names" in done.stderr
    assert "warning" not in responses(run, tmp_path / "churn", "--engine", engine).stderr


@pytest.mark.parametrize("times", [9, 10])
def test_what_many_answers_share_is_shown(run: Run, tmp_path: Path, times: int) -> None:
    """A label or a member's name that ten answers have is no customer's own; of fewer only the count is told."""
    for side, label in (("production", "cat"), ("shadow", "dog")):
        write(tmp_path / "labels", side, [Said(f"{n}", label if n < times else "hen", f"{n}") for n in range(50)])
        said = [Said(f"{n}", f'{{"{label}": 1, "x": 2}}' if n < times else '{"x": 2}', f"{n}") for n in range(50)]
        write(tmp_path / "members", side, said)
    found = json.loads(responses(run, tmp_path / "labels", "--classes", "label", "--format", "json").stdout)
    turned = next(one for one in found["classes"] if one["production"] != "hen")
    assert turned == (
        {"production": "cat", "shadow": "dog", "pairs": 10}
        if times == 10
        else {"production": "(rare)", "shadow": "(rare)", "pairs": 9}
    )
    found = json.loads(responses(run, tmp_path / "members", "--format", "json").stdout)
    assert {one["path"] for one in found["differences"]} == ({"$.cat", "$.dog"} if times == 10 else {"$.(rare)"})
    assert found["numbers"]["$.x"]["count"] == 50


def test_what_is_redacted_is_not_even_shown(run: Run, captured: Path) -> None:
    """The hash takes the place of the column, and pairs still join."""
    done = responses(run, captured, "--show-inputs", "--redact", "1")
    assert "200 pairs" in done.stdout
    assert "#" in done.stdout
    assert "customer" not in done.stdout


def test_a_part_to_redact_that_is_nowhere_is_told(run: Run, captured: Path) -> None:
    """Beside the comparison, which goes on; of a part that is there nothing is said."""
    done = responses(run, captured, "--redact", "1", "--redact", "$.user.nme")
    assert "warning: --redact '$.user.nme' was in no record that was fetched now" in done.stderr
    assert "--redact '1'" not in done.stderr
    assert "200 pairs" in done.stdout


@pytest.mark.parametrize(("percent", "code", "word"), [(80, 0, "PASS"), (99.5, 3, "FAIL"), (95, 4, "INCONCLUSIVE")])
def test_the_exit_code_is_the_verdict(run: Run, captured: Path, percent: float, code: int, word: str) -> None:
    """A pipeline can ask for a share that must agree."""
    done = responses(run, captured, "--min-agreement", percent)
    assert done.exit_code == code
    assert f"{word}: 95.00 % agree" in done.stdout


def test_pairs_that_differ_are_exported(run: Run, captured: Path, tmp_path: Path) -> None:
    """All of them, as CSV or Parquet; a file that is there stays."""
    import duckdb

    for name in ("seen.csv", "seen.parquet"):
        done = responses(run, captured, "--export", tmp_path / name, "--show-inputs")
        assert done.exit_code == 0, done.output
        query = f"SELECT key, production, shadow, request FROM '{tmp_path / name}' ORDER BY key"
        rows = duckdb.connect().execute(query).fetchall()
        assert len(rows) == 10
        assert [str(cell) for cell in rows[0][:3]] == ["id-0", "0.4", "0.6"]
        assert rows[0][3] == "customer-0,0"
    again = responses(run, captured, "--export", tmp_path / "seen.csv")
    assert again.exit_code == 2
    assert "add --force" in again.stderr
    assert not list(tmp_path.glob(".seen*"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--export", "x.xlsx"), "must end in .csv or .parquet"),
        (("--force",), "--force belongs to --export FILE"),
        (("--by", "0"), "by must be a column from 1 to 1,000,000"),
        *(
            (("--by", text), "by must be a column from 1 to 1,000,000")
            for text in ("-1", "+2", "1.5", "1e3", " 2", "1_000", "0", "\u0663", "1000001", "-0")
        ),
        (("--by", ""), "must be a path like"),
        *(
            (("--from", text), "--from must be s3://bucket/folder, or a folder on this machine")
            for text in ("", " ", "s3://", "s3:///x", "s3:///", "http://x/y", "S3://bucket/x", "s3://a b/x", "://x")
        ),
        (("--from", "s3://a/b"), "got 's3://a/b', and 'a' is no bucket's name"),
        *(
            ((option, text), option)
            for option, texts in {
                "--since": ("", "0h", "-1h", "456d", "nan", "24", "1e3h"),
                "--examples": ("", "-1", "10001", "nan", "1.5", "9" * 5000),
                "--top": ("0", "-1", "1000001", "x"),
                "--min-agreement": ("-1", "0.99", "1", "101", "nan", "inf", ""),
            }.items()
            for text in texts
        ),
        *(
            ((f"--{option}", text), f"'{option.replace('-', '_')}' must be")
            for option, texts in {
                "atol": ("-1", "nan", "inf", "1e151"),
                "rtol": ("-1e-9", "nan", "-inf"),
                "threshold": ("nan", "inf", "-1e200"),
                "min-overlap": ("0", "-1", "1.1", "nan"),
            }.items()
            for text in texts
        ),
        (("--by", "9" * 5000), "by must be a column from 1 to 1,000,000"),
        (("--redact", "9" * 5000), "redact must be a column from 1 to 1,000,000"),
        (("--answer", "[" * 5000), "must be a path like"),
        (("--top", "2", "--classes", "label"), "be left out with classes"),
        (("--redact", "$.a["), "redact must be a path"),
        *(
            ((option, text), "must be a path like $.items[*].id, got")
            for option in ("--by", "--ignore", "--answer", "--redact")
            for text in ("name", "x.y", "[0]", ".name", "@.name", "$name", "", " $.x", "$..x", "$.", "$['x']")
        ),
        (("--top", "1.5"), "'1.5' is not a whole number from 1 to 1,000,000."),
        (("--min-agreement", "99%"), "'99%' is not a number from 1 to 100."),
        (("--threshold", "0.4"), "'threshold' must be left out without classes 'threshold', got 0.4"),
        (("--threshold", "0.4", "--classes", "label"), "'threshold' must be left out without classes"),
        (("--athena-workgroup", "x"), "--athena-workgroup belongs to --engine athena"),
        (("--engine", "athena"), "--engine athena and --athena-table DATABASE.TABLE belong together"),
        (("--athena-table", "a.b"), "--engine athena and --athena-table DATABASE.TABLE belong together"),
        (("--engine", "athena", "--athena-table", "a.b"), "--engine athena reads what lies in S3"),
        (("--production", "AllTraffic", "--shadow", "x"), "has no captured files in AllTraffic/"),
        (("--production", "x", "--shadow", "x"), "production and shadow are both 'x'"),
        (("--production", "../other", "--shadow", "x"), "--production must be a variant's name"),
        (("--shadow", "/etc"), "--shadow must be a variant's name"),
    ],
)
def test_fails_on_bad_input_before_anything_is_read(
    run: Run, captured: Path, arguments: tuple[str, ...], words: str
) -> None:
    """One line that says what to write instead."""
    done = responses(run, captured, *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert max(len(line) for line in done.stderr.splitlines()) < 500


@pytest.mark.parametrize(("since", "later", "pairs"), [("1s", 3600, None), ("2d", 86_400, 200), ("1h", 3600, None)])
def test_a_folder_that_ends_before_the_time_is_not_read_as_empty(
    run: Run, captured: Path, monkeypatch: pytest.MonkeyPatch, since: str, later: int, pairs: int | None
) -> None:
    """How far back counts from now; where nothing of that time can be there, the folder's own time is told."""
    end = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)
    monkeypatch.setattr(durations, "now", lambda: end + datetime.timedelta(seconds=later))
    done = responses(run, captured, "--since", since)
    if pairs:
        assert f"of {pairs} pairs" in done.stdout
    else:
        assert done.exit_code == 2
        assert "it holds 2026-11-24 08:00 to 2026-11-24 09:00 UTC; leave --since out" in done.stderr


def test_a_file_that_cannot_be_written_is_named_as_it_was_asked_for(run: Run, captured: Path) -> None:
    """Not by the name that it has while it is written."""
    done = responses(run, captured, "--export", "/proc/x.csv")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("error: /proc/x.csv: ")


def test_the_endpoints_own_capture_is_found(run: Run, services: Services, tmp_path: Path) -> None:
    """Without --from bucket, folder and variants are those of the endpoint's config, since the test began."""
    said = Said("a", "0.5").line()
    test = f"{START:%Y/%m/%d/%H}/00-10-1-a.jsonl"
    objects = {f"churn/{side}/{test}": said for side in ("production", "shadow")}
    objects["churn/production/2026/01/01/00/00-10-1-a.jsonl"] = b"another test's"
    services.s3 = FakeS3(objects)
    done = run("responses", "churn", "--cache", tmp_path, "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["pairs"], found["exact"], found["source"]) == (1, 1, "s3://captures/churn")


def test_fails_where_nothing_is_captured(run: Run, services: Services) -> None:
    """The sentence says what to do."""
    services.configs["churn-config"].pop("DataCaptureConfig", None)
    done = run("responses", "churn")
    assert done.exit_code == 1
    assert "captures nothing" in done.stderr


def test_a_folder_with_odd_bytes_in_its_name_is_read(run: Run, captured: Path, tmp_path: Path) -> None:
    """What the file system takes, the command takes."""
    odd = Path(os.fsdecode(os.fsencode(tmp_path / "n") + b"\xff"))
    captured.rename(odd)
    done = responses(run, odd)
    assert (done.exit_code, done.exception) == (0, None)


@pytest.mark.parametrize("engine", ["duckdb", "stdlib"])
def test_answers_without_a_class_have_no_share_of_classes(run: Run, captured: Path, engine: str) -> None:
    """Single scores have no largest place: that is said, nothing is called a class, and no gate is passed."""
    judged = ("--min-agreement", "50", "--format", "markdown")
    done = responses(run, captured, "--classes", "argmax", "--engine", engine, *judged)
    assert done.exit_code == 4, done.output
    assert "200 pairs have no class by argmax on either side" in done.stdout
    assert not re.search(r"in their class|none differs|\(none\)", done.stdout)


@pytest.mark.parametrize("engine", ["duckdb", "stdlib"])
def test_a_part_of_answers_that_are_no_json_is_without(run: Run, captured: Path, engine: str) -> None:
    """A path with a typo says so, whatever the answers are, and passes nothing."""
    done = responses(run, captured, "--answer", "$.nope", "--engine", engine, "--min-agreement", "2")
    assert "200 pairs have no $.nope on either side" in done.stdout
    assert "INCONCLUSIVE" in done.stdout
    assert "agree within" not in done.stdout


@pytest.mark.parametrize(("option", "name"), [("--shadow", "nope"), ("--production", "nope")])
def test_a_variant_that_was_not_captured_is_told(run: Run, captured: Path, option: str, name: str) -> None:
    """With those that were, so that a typo is seen."""
    done = responses(run, captured, option, name)
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert "has no captured files of a variant nope; there are production, shadow" in line
