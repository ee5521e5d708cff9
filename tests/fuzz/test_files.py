"""Whatever is in a file that a command reads, it is read, or refused in printable lines; nothing else, ever.

``make fuzz`` tries ten thousand files of each command.
"""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadow_constructs import InvalidValueError, ShadowTest
from shadow_ops.aws.clients import Clients
from shadow_ops.cli import durations
from shadow_ops.cli.main import cli
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.responses import reading
from shadow_ops.responses.layout import folder
from tests.fuzz.odd import CASES, FEW
from tests.ops.cli.services import NOW, Services
from tests.ops.responses.captured import START, Said

POLICY = GatePolicy().to_text().encode()
RECORDING = json.dumps(
    {
        "endpoint": "churn",
        "production_variant": "production",
        "shadow_variant": "shadow",
        "sampling_percent": 100,
        "period_seconds": 60,
        "policy": json.loads(POLICY),
        "periods": [{"start": f"2026-11-24T08:{n:02d}:00Z", "production": {"Invocations": 5}} for n in range(2)],
    }
).encode()
ROWS = b"1,2,3\n4,5,6\r\n"
LINES = b'{"a": [1, 2.5, "x"]}\n{"b": null}\n'
CAPTURED = Said("id-1", "0.5").line() + b"\n" + Said("id-2", {"score": [1]}, encoding="JSON").line() + b"\n"

TEST = b"""endpoint_name = "churn"
sampling_percent = 50
[production]
hardware = { instance_type = "ml.m5.xlarge", count = 2 }
[production.model]
version = "v1"
container = { xgboost = "1.7-1" }
artifact = "s3://my-models/churn/v1/model.tar.gz"
[shadow]
hardware = { instance_type = "ml.m5.xlarge" }
model = { version = "v2", container = { xgboost = "3.0-5" }, artifact = "s3://my-models/churn/v2/model.tar.gz" }
[[gate.rules]]
kind = "latency"
percentile = 99
max_increase_percent = 10.5
"""

# What people's editors, other programs and attackers put into files.
SPLINTERS = st.sampled_from(
    [
        *(codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\r", b"\n", b"\x1b[2J"),
        *(
            b"\\ud800",
            b"\\u0000",
            b"NaN",
            b"-Infinity",
            b"1e999",
            b"9" * 400,
            b"9" * 5000,
            b"1e-400",
            b"-0",
            b"0.5.5",
            b"nan",
            b"inf",
        ),
        *(b"9999-12-31T23:59:59Z", b"0001-01-01T00:00:00+14:00", b"2026-02-30T00:00:00Z", b"[" * 2000, b'{"a":' * 2000),
        *("\u2028\u202e\u200b".encode(), b'"', b"}", b"]", b",", b":", b"{}", b"[]", b"null", b"true", b'"rules"'),
    ]
)


@st.composite
def broken(draw: st.DrawFn, whole: bytes) -> bytes:
    """A good file in which a few places are cut out, doubled, or replaced by what doesn't belong there."""
    data = whole
    for _ in range(draw(st.integers(0, 3))):
        start, length = draw(st.integers(0, len(data))), draw(st.integers(0, 30))
        put = draw(SPLINTERS | st.binary(max_size=4) | st.just(data[start : start + 40]))
        data = data[:start] + put + data[start + length :]
    return data


def anything(whole: bytes) -> st.SearchStrategy[bytes]:
    """Files that are nearly right, and files that are nothing at all; packed ones too."""
    plain = broken(whole) | st.binary(max_size=60) | SPLINTERS
    return plain | plain.map(gzip.compress) | plain.map(lambda data: gzip.compress(data)[:-4])


def _captured(root: Path, data: bytes, suffix: str) -> list[str]:
    for side, content in (("production", data), ("shadow", CAPTURED)):
        file = root / folder(side, START) / f"a{suffix if side == 'production' else '.jsonl'}"
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    return ["responses", "churn", "--from", str(root), "--cache", str(root / "cache"), "--show-inputs"]


def _file(name: str, *before: str) -> Callable[[Path, bytes], list[str]]:
    def arguments(root: Path, data: bytes) -> list[str]:
        (root / name).write_bytes(data)
        return [*before, str(root / name)]

    return arguments


READERS: dict[str, tuple[bytes, Callable[[Path, bytes], list[str]]]] = {
    "gate --policy": (POLICY, _file("policy.json", "gate", "churn", "--policy")),
    "gate --replay": (RECORDING, _file("seen.json", "gate", "--replay")),
    "send, rows": (ROWS, _file("rows.csv", "send", "churn")),
    "send, lines of JSON": (LINES, _file("rows.jsonl", "send", "churn")),
    "send --body": (ROWS, _file("one.csv", "send", "churn", "--body")),
    "responses": (CAPTURED, lambda root, data: [*_captured(root, data, ".jsonl"), "--engine", "stdlib"]),
    "responses, packed": (CAPTURED, lambda root, data: [*_captured(root, data, ".jsonl.gz"), "--engine", "duckdb"]),
    "responses, redacted": (
        CAPTURED,
        lambda root, data: [*_captured(root, data, ".jsonl"), "--engine", "duckdb", "--redact", "1", "--by", "2"],
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_any_file_is_read_or_refused_in_printable_lines(
    reader: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Marks, broken encodings, endless numbers and nesting, far dates, torn and packed files: never a traceback."""
    whole, arguments = READERS[reader]
    services = Services()
    monkeypatch.setattr(Clients, "_client", lambda _self, name, **_options: services.client(name))
    monkeypatch.setattr(durations, "now", lambda: NOW)
    services.answers = lambda _body: None
    seen: set[int] = set()

    # Captured records go through an engine that takes a tenth of a second each time.
    cases = CASES // 4 if reader.startswith("responses") else CASES

    @settings(max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck), derandomize=CASES < FEW)
    @given(anything(whole))
    def tried(data: bytes) -> None:
        result = CliRunner().invoke(cli, arguments(tmp_path_factory.mktemp("file"), data))

        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        seen.add(result.exit_code)
        assert result.exit_code in (0, 1, 2, 3, 4)
        assert all(line.isprintable() for line in result.stderr.split("\n"))
        if result.exit_code == 2:
            assert all(line.startswith("error: ") for line in result.stderr.strip().split("\n"))

    tried()
    # Otherwise nothing was shown.
    assert seen & {0, 3, 4}


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=CASES < FEW)
@given(data=anything(TEST))
def test_any_file_of_a_test_is_a_test_or_refused_in_printable_lines(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """The same of `ShadowTest.from_file`: its numbers may be endless or none, its dates impossible."""
    path = tmp_path_factory.mktemp("toml") / "churn.toml"
    path.write_bytes(data)
    refused: tuple[str, ...] = ()
    try:
        ShadowTest.from_file(path)
    except InvalidValueError as error:
        refused = error.problems
    assert all(line.isprintable() and 0 < len(line) < 1000 for line in refused)


def test_a_packed_file_that_never_ends_is_cut_off() -> None:
    """A few kilobytes may unpack to gigabytes: so much of it is read as memory holds, and that it was cut is said."""
    content, complete = reading.unpacked(gzip.compress(b"\n" * 50_000_000), 3_000_000)
    assert not complete
    assert len(content) <= 3_000_000
    assert reading.unpacked(gzip.compress(b"\n" * 3_000_000), 3_000_000) == (b"\n" * 3_000_000, True)
