"""Captured files are found hour by hour and fetched once; nothing is kept that was to be redacted."""

from __future__ import annotations

import base64
import datetime
import gzip
import json
import stat
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from shadow_ops.contract.comparison import Comparison
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.responses.engines import Task
from shadow_ops.responses.engines.duck import DuckEngine
from shadow_ops.responses.engines.stdlib import StdlibEngine
from shadow_ops.responses.fetch import Fetcher, Window
from shadow_ops.responses.find import HourOfFiles, find, sample, span
from shadow_ops.responses.layout import HOUR, Item, folder
from shadow_ops.responses.local import FolderSource, records
from shadow_ops.responses.redact import Redaction
from shadow_ops.responses.source import s3_source
from shadow_ops.responses.tally import Tally
from tests.ops.responses.captured import END, START, Said, write
from tests.ops.responses.fake_s3 import FakeS3

VARIANTS = ("production", "shadow")


def objects(hours: int, files: int = 3) -> dict[str, bytes]:
    """So many hours of both variants, an object a minute."""
    return {
        f"captured/churn/{folder(variant, START + hour * HOUR)}{file:02d}-10-1-a.jsonl": Said(
            f"{hour}-{file}", "0.5"
        ).line()
        for variant in VARIANTS
        for hour in range(hours)
        for file in range(files)
    }


def test_only_the_hours_that_were_asked_for_are_found() -> None:
    """An hour that the time touches is whole; the hours before and after it stay where they are."""
    source = s3_source(
        FakeS3({**objects(5), "captured/churn/production/notes.txt": b""}), "s3://captures/captured/churn/"
    )
    half = datetime.timedelta(minutes=30)
    found = find(source, *VARIANTS, START + HOUR + half, START + 3 * HOUR)
    assert [one.hour for one in found] == [START + HOUR, START + 2 * HOUR]
    assert all(len(one.production) == len(one.shadow) == 3 and one.missing is None for one in found)


def test_an_hour_of_one_side_is_found_and_named() -> None:
    """A side without files in an hour isn't overlooked."""
    kept = {key: body for key, body in objects(2).items() if "/shadow/2026/11/24/09" not in key}
    found = find(s3_source(FakeS3(kept), "s3://captures/captured/churn"), *VARIANTS, START, END)
    assert [one.missing for one in found] == [None, "shadow"]


def test_fetching_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    """What arrived is not fetched again, and what the caller sees is whole."""
    s3 = FakeS3(objects(2))
    source = s3_source(s3, "s3://captures/captured/churn")
    hours = find(source, *VARIANTS, START, END)
    s3.broken = 5
    with pytest.raises(ClientError):
        list(Fetcher(source, tmp_path).windows(hours))
    s3.broken = None
    windows = list(Fetcher(source, tmp_path).windows(hours))
    assert [(len(one.production), len(one.shadow), one.follows) for one in windows] == [(3, 3, False), (3, 3, True)]
    assert sorted(s3.reads) == sorted(s3.objects)
    assert windows[0].production[0].read_bytes().strip() == Said("0-0", "0.5").line()
    assert not list(tmp_path.rglob("*.part"))
    assert stat.S_IMODE(windows[0].production[0].parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("redacted", [False, True])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("left", [0, 1, 100, -2, -9])
def test_a_kept_file_that_lost_its_end_is_fetched_again(
    tmp_path: Path, redacted: bool, packed: bool, left: int
) -> None:
    """However it was changed before it was kept; one that is whole isn't fetched again, in either engine's reading."""
    key = f"captured/churn/{folder('production', START)}00-10-1-a.jsonl"
    line = Said("0", "0.5", "1,2").line() + b"\n"
    s3 = FakeS3({f"{key}.gz": gzip.compress(line)} if packed else {key: line})
    source = s3_source(s3, "s3://captures/captured/churn")
    redaction = Redaction.of(["2"], b"key") if redacted else None

    def fetched() -> Path:
        (window,) = Fetcher(source, tmp_path, redaction).windows(find(source, *VARIANTS, START, END))
        return window.production[0]

    path = fetched()
    content = path.read_bytes()
    assert fetched() == path
    assert len(s3.reads) == 1
    path.write_bytes(content[:left])
    assert fetched().read_bytes() == content
    assert len(s3.reads) == 2
    assert len(list(records([path]))) == 1
    for engine in (StdlibEngine(), DuckEngine()):
        tally = Tally()
        engine.run([Window("2026-11-24T08", (path,), (path,))], Task("inferenceId", Comparison(), tally))
        assert (tally.records["production"], tally.all.compared) == (1, 1)


@pytest.mark.parametrize(
    "name",
    [
        "../../../../../../../x",
        "/etc/x",
        "a/../../../../../../../../x",
        "./x",
        "a//x",
        "x" * 300,
        "y/" * 300,
        ".hidden/x",
        "\u00e4 b\tc",
        "a\0b",
    ],
)
def test_whatever_an_object_is_called_its_file_lies_in_the_cache(tmp_path: Path, name: str) -> None:
    """S3 takes any key; what is kept stays in its place, each object's by itself, and is found again."""
    hour = f"captured/churn/{folder('production', START)}"
    bodies = {f"{hour}{one}{suffix}": b"" for one in (name, f"{name}2", "x") for suffix in (".jsonl", ".jsonl.gz")}
    bodies = {key: f"{number}".encode() for number, key in enumerate(sorted(bodies))}
    s3 = FakeS3({key: gzip.compress(body) if key.endswith(".gz") else body for key, body in bodies.items()})
    source = s3_source(s3, "s3://captures/captured/churn")
    cache = tmp_path / "one" / "cache"
    for _ in range(2):
        (window,) = Fetcher(source, cache).windows(find(source, *VARIANTS, START, END))
        assert sorted(path.read_bytes().strip() for path in window.production) == sorted(bodies.values())
    assert len(s3.reads) == len(bodies)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == len(bodies)
    assert all(path.resolve().is_relative_to(cache.resolve()) for path in written)


def test_a_file_that_was_deleted_meanwhile_is_counted(tmp_path: Path) -> None:
    """Expiry of the bucket between listing and reading stops nothing."""
    s3 = FakeS3(objects(1))
    source = s3_source(s3, "s3://captures/captured/churn")
    hours = find(source, *VARIANTS, START, END)
    del s3.objects[min(s3.objects)]
    (window,) = Fetcher(source, tmp_path).windows(hours)
    assert (window.gone, len(window.production), len(window.shadow)) == (1, 2, 3)


def test_packed_files_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    """Of a gzip file that is cut off the beginning is read, and that it is cut off is counted, every time."""
    lines = b"".join(Said(str(number), "0.5" * number).line() + b"\n" for number in range(2000))
    place = tmp_path / "data" / folder("production", START) / "00-00-0-a.jsonl.gz"
    place.parent.mkdir(parents=True)
    place.write_bytes(gzip.compress(lines)[:-2000])
    source = FolderSource(tmp_path / "data")
    for _ in range(2):
        (window,) = Fetcher(source, tmp_path / "cache").windows(find(source, *VARIANTS, START, END))
        assert window.cut_off == 1
        assert lines.startswith(window.production[0].read_bytes().rstrip(b"\n"))
        assert len(window.production[0].read_bytes()) > 1000


def test_a_folder_tells_its_own_time(tmp_path: Path) -> None:
    """Without AWS the time is that of the files; folders that are no hours don't matter."""
    write(tmp_path, "production", [Said("a", "1"), Said("a", "1", hour=5)])
    (tmp_path / "production/2026/13/99/77").mkdir(parents=True)
    assert span(FolderSource(tmp_path), VARIANTS) == (START, START + 6 * HOUR)
    assert span(FolderSource(tmp_path / "none"), VARIANTS) is None


def hour_of(number: int, size: int) -> HourOfFiles:
    """An hour with one file of a size on each side."""
    return HourOfFiles(START + number * HOUR, (Item("a", size),), (Item("b", size),))


def test_a_sample_is_whole_hours_up_to_the_limit() -> None:
    """As many hours as fit, the same each time, in order, not the first ones; never none."""
    hours = [hour_of(number, 500) for number in range(48)]
    chosen = sample(hours, 1, most_bytes=12_000)
    assert chosen == sample(hours, 1, most_bytes=12_000)
    assert len(chosen) == 12
    assert list(chosen) == sorted(chosen, key=lambda one: one.hour)
    assert list(chosen) != hours[:12]
    assert len(sample(hours, 10, most_pairs=600)) == 12
    assert len(sample(hours, 1, most_bytes=1)) == 1
    assert sample(hours, 1, most_bytes=1e9) == tuple(hours)


def test_what_is_to_be_redacted_reaches_no_file(tmp_path: Path) -> None:
    """Columns and paths are hashed before the first byte is written; equal values stay equal, the others whole."""
    name = '{"user": {"name": "Ada Lovelace", "age": 36}}'
    said: list[Said | bytes] = [
        Said("a", '{"greeting": "Hello Ada Lovelace", "score": 0.5}', "17,secret-7,3"),
        Said("b", "0.5", "18,secret-7,4", encoding="BASE64"),
        Said("c", "0.5", name),
        Said("d", "0.5", '{"user": "Ada Lovelace'),
        b'{"captureData": {"endpointInput": {"data": "secret-7',
    ]
    write(tmp_path / "data", "production", said)
    redaction = Redaction.of(["2", "$.user.name", "$.greeting"], b"key")
    source = FolderSource(tmp_path / "data")
    (window,) = Fetcher(source, tmp_path / "cache", redaction).windows(find(source, *VARIANTS, START, END))
    text = window.production[0].read_text()
    assert "Lovelace" not in text
    assert "secret-7" not in text
    assert base64.b64encode(b"18,secret-7,4").decode() not in text
    records = [json.loads(line)["captureData"] for line in text.splitlines()[:3]]
    first, second = records[0]["endpointInput"]["data"], base64.b64decode(records[1]["endpointInput"]["data"]).decode()
    assert first.split(",")[0::2] == ["17", "3"]
    assert first.split(",")[1] == second.split(",")[1]
    assert json.loads(records[0]["endpointOutput"]["data"])["score"] == 0.5
    assert json.loads(records[2]["endpointInput"]["data"])["user"]["age"] == 36


SECRET = "123-45-20"
ROW, OBJECT = f'7,"Doe, Jane",{SECRET},x', json.dumps({"user": {"ssn": SECRET}, "age": 3})


@pytest.mark.parametrize(
    ("request_", "parts"),
    [
        (ROW, ["3"]),
        (f"{ROW}\n{ROW}", ["3"]),
        (f"{ROW}\r{ROW}", ["3"]),
        (f"{ROW}\r\n{ROW}\r\n", ["3"]),
        (ROW.replace(",", ";"), ["3"]),
        (ROW.replace(",", "\t"), ["3"]),
        (f'"a\n{SECRET}",b', ["1"]),
        (f"7,x\n7,x,{SECRET}", ["3"]),
        (f'7,"{SECRET}', ["2"]),
        (SECRET, ["2"]),
        (OBJECT, ["3"]),
        (OBJECT, ["$"]),
        (OBJECT, ["$.user.ssn"]),
        (OBJECT, ["$.user"]),
        (f"\ufeff{OBJECT}", ["$.user.ssn"]),
        (f"\ufeff{OBJECT}", ["1", "$.user.ssn"]),
        (f"{OBJECT}\0", ["$.user.ssn"]),
        (f"{OBJECT}\n{OBJECT}", ["$.user.ssn"]),
        (OBJECT[:-4], ["1", "$.user.ssn"]),
        (json.dumps(OBJECT), ["$.user.ssn"]),
        (f"ssn={SECRET}&age=3", ["$.ssn"]),
        (ROW, ["$"]),
        (ROW, ["1", "$"]),
        (f"[{ROW.replace(SECRET, json.dumps(SECRET))}]", ["$[2]"]),
        (json.dumps([{"ssn": SECRET}] * 2), ["$[*].ssn"]),
    ],
)
@pytest.mark.parametrize("encoding", ["CSV", "JSON", "BASE64"])
def test_what_is_to_be_redacted_is_readable_in_no_form(request_: str, parts: list[str], encoding: str) -> None:
    """Where it can't be looked for, the payload is hashed whole; what equals stays equal."""
    text = base64.b64encode(request_.encode()).decode() if encoding == "BASE64" else request_
    line = Said("a", "0.5", "").line()
    record = json.loads(line)
    record["captureData"]["endpointInput"] |= {"data": text, "encoding": encoding}
    redaction = Redaction.of(parts, b"key")
    kept = json.loads(redaction.line(json.dumps(record).encode()))["captureData"]
    shown = kept["endpointInput"]["data"]
    shown = base64.b64decode(shown).decode() if encoding == "BASE64" else shown
    assert SECRET not in shown
    assert "#" in shown
    assert (kept["endpointOutput"]["data"] == "0.5") is ("$" not in parts)
    again = Redaction.of(parts, b"key").line(json.dumps(record).encode())
    assert json.loads(again)["captureData"] == kept


@pytest.mark.parametrize(
    ("answer", "stays"),
    [("0.5", True), ("0.1,0.9\n1,2", True), ('{"score": 1}', True), (f"owes {SECRET}", False), (f'"{SECRET}"', False)],
)
def test_an_answer_stays_where_nothing_can_be_in_it(answer: str, stays: bool) -> None:
    """Numbers have no members; a text may be what must not be seen. Columns are of requests."""
    line = Said("a", answer, OBJECT).line()
    for parts, same in ((["$.user.ssn"], stays), (["3"], True)):
        kept = json.loads(Redaction.of(parts, b"key").line(line))["captureData"]["endpointOutput"]["data"]
        assert (json.loads(kept) == json.loads(answer) if answer.startswith("{") else kept == answer) is same


def test_a_part_that_is_in_no_record_is_told() -> None:
    """A typo leaves readable what was to be hidden: of parts that were met nothing is said, nor without a record."""
    redaction = Redaction.of(["$.user.ssn", "$.usr.ssn", "$.items.id", "2"], b"key")
    assert redaction.missed() == ()
    redaction.line(Said("a", '{"items": [{"id": 1}]}', OBJECT).line())
    assert redaction.missed() == ("2", "$.usr.ssn", "$.items.id")
    redaction.line(Said("b", "0.5", "1,2").line())
    assert redaction.missed() == ("$.usr.ssn", "$.items.id")


@pytest.mark.parametrize("part", ["0", "$.a[", "$..b", "a b["])
def test_fails_on_a_redaction_that_is_no_column_and_no_path(part: str) -> None:
    """A mistyped path must not leave anything readable in silence."""
    with pytest.raises(InvalidValueError, match="redact must be"):
        Redaction.of([part], b"")
