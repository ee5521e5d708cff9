"""``shadow-test responses``: captured answers compared, requests hidden unless they are asked for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import Result

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
    done = responses(run, captured, "--by", "2", "--engine", engine)
    assert done.exit_code == 0, done.output
    assert "95.00 % of 200 pairs agree within the tolerance" in done.stdout
    assert "< 0.5 -> >= 0.5: 10 (5.00 %)" in done.stdout
    assert "joined by InferenceId: 100.0 % of the smaller side" in done.stdout
    shares = [line.split() for line in done.stdout.splitlines() if line.endswith(("90.00 %", "100.00 %"))]
    assert shares == [["0", "100", "90.00", "%"], ["1", "100", "100.00", "%"]]
    assert "id-80" in done.stdout
    assert "customer" not in done.stdout


def test_requests_are_shown_to_who_asks(run: Run, captured: Path) -> None:
    """They are customers' data: shown with --show-inputs alone, in every format."""
    assert "customer-80" in responses(run, captured, "--show-inputs").stdout
    hidden = json.loads(responses(run, captured, "--format", "json").stdout)
    shown = json.loads(responses(run, captured, "--format", "json", "--show-inputs", "--examples", "2").stdout)
    assert all("request" not in one for one in hidden["examples"])
    assert [one["request"].split("-")[0] for one in shown["examples"]] == ["customer"] * 2
    assert (shown["pairs"], shown["agreeing"], shown["classes"][1]["pairs"]) == (200, 190, 10)


def test_what_is_redacted_is_not_even_shown(run: Run, captured: Path) -> None:
    """The hash takes the place of the column, and pairs still join."""
    done = responses(run, captured, "--show-inputs", "--redact", "1")
    assert "200 pairs" in done.stdout
    assert "#" in done.stdout
    assert "customer" not in done.stdout


@pytest.mark.parametrize(("percent", "code", "word"), [(80, 0, "PASS"), (99.5, 3, "FAIL"), (95, 4, "INCONCLUSIVE")])
def test_the_exit_code_is_the_verdict(run: Run, captured: Path, percent: float, code: int, word: str) -> None:
    """A pipeline can ask for a share that must agree."""
    done = responses(run, captured, "--min-agreement", percent)
    assert done.exit_code == code
    assert f"{word}: 95.00 % agree" in done.stdout


def test_pairs_that_differ_are_exported(run: Run, captured: Path, tmp_path: Path) -> None:
    """All of them, as CSV or Parquet, without the requests unless asked for; a file that is there stays."""
    import duckdb

    for name in ("seen.csv", "seen.parquet"):
        done = responses(run, captured, "--export", tmp_path / name)
        assert done.exit_code == 0, done.output
        query = f"SELECT key, production, shadow, request FROM '{tmp_path / name}' ORDER BY key"
        rows = duckdb.connect().execute(query).fetchall()
        assert len(rows) == 10
        assert [str(cell) for cell in rows[0][:3]] == ["id-0", "0.4", "0.6"]
        assert rows[0][3] in (None, "")
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
        (("--by", "9" * 5000), "by must be a column from 1 to 1,000,000"),
        (("--redact", "9" * 5000), "redact must be a column from 1 to 1,000,000"),
        (("--answer", "[" * 5000), "must be a path like"),
        (("--top", "2", "--classes", "label"), "be left out with classes"),
        (("--redact", "$.a["), "redact must be a path"),
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
