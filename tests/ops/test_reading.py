"""One reader for people's files: lines, marks, JSON and size, alike for requests, recordings and policies."""

from __future__ import annotations

import codecs
import json
import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.cli import payloads
from shadow_ops.cli.files import policy_from_file
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.reading import json_of, lines_of, read_bytes, text_of
from shadow_ops.measure.recording_file import load, loads

# Everything that str.splitlines() cuts at, but for LF and CRLF.
NOT_LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
RECORDING = {
    "endpoint": "churn",
    "production_variant": "production",
    "shadow_variant": "shadow",
    "sampling_percent": 100,
    "period_seconds": 60,
    "periods": [],
}


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), min_size=1), min_size=1))
def test_lines_end_at_lf_and_crlf_only_and_are_byte_for_byte_what_the_file_has(lines: list[str]) -> None:
    """Whatever else Unicode calls a line end stays within its line."""
    wanted = [line.encode() for line in lines if line.encode().strip()]
    for end in ("\n", "\r\n"):
        data = codecs.BOM_UTF8 + end.join(lines).encode()
        assert [body for _, body in lines_of(data)] == wanted


@pytest.mark.parametrize("sign", NOT_LINE_ENDS)
def test_a_record_with_a_sign_that_unicode_calls_a_line_end_is_sent_whole(sign: str, tmp_path: Path) -> None:
    """Neither CSV nor JSON Lines are cut in two, and nothing of them is changed."""
    for name, line in (("rows.csv", f"a{sign}b,1"), ("rows.jsonl", json.dumps({"a": f"x{sign}y"}, ensure_ascii=False))):
        file = tmp_path / name
        file.write_bytes(codecs.BOM_UTF8 + f"{line}\r\n{line}\n".encode())
        if name == "rows.jsonl" and sign < " ":
            continue  # JSON itself allows no control character in a text
        assert payloads.read(file, None).bodies == (line.encode(), line.encode())


@pytest.mark.parametrize("text", ["NaN", '{"a": Infinity}', '["\\ud800"]', "[" * 100_000, "1" * 5000, "{", ""])
def test_what_is_no_json_is_refused_by_every_reader_in_one_line(text: str, tmp_path: Path) -> None:
    """NaN, half a surrogate pair, endless nesting, numbers of thousands of digits: one printable line each."""
    file = tmp_path / "file.jsonl"
    file.write_text(text or " ", encoding="utf-8")
    for read in (lambda: payloads.read(file, None), lambda: load(file), lambda: policy_from_file(file)):
        with pytest.raises(InvalidValueError) as refused:
            read()
        [line] = refused.value.problems
        assert line.isprintable()


def test_a_byte_order_mark_is_taken_by_every_reader(tmp_path: Path) -> None:
    """Windows editors write one; it is no part of the text."""
    file = tmp_path / "file.json"
    file.write_bytes(codecs.BOM_UTF8 + json.dumps(RECORDING).encode())
    assert load(file).endpoint == "churn"
    file.write_bytes(codecs.BOM_UTF8 + b'{"rules": []}')
    with pytest.raises(InvalidValueError, match="rules"):
        policy_from_file(file)
    assert text_of(codecs.BOM_UTF8 + b"a", "x") == "a"


def test_what_may_never_end_is_no_file(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a socket, a device, a folder, also through a link: one line, and nothing waits."""
    pipe, folder, there = tmp_path / "pipe", tmp_path / "folder", tmp_path / "socket"
    os.mkfifo(pipe)
    folder.mkdir()
    (tmp_path / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(there))
    said = {
        pipe: "a pipe, which",
        there: "a socket, which",
        tmp_path / "zero": "a device, which",
        folder: "a folder; name",
    }
    for path, what in said.items():
        with pytest.raises(InvalidValueError, match=f"{path}: {what}"):
            read_bytes(path)


def test_what_a_shell_hands_over_is_read() -> None:
    """A program's output that ends when the program does."""
    out, into = os.pipe()
    os.write(into, b"{}")
    os.close(into)
    assert read_bytes(Path(f"/dev/fd/{out}")) == b"{}"
    os.close(out)


@pytest.mark.parametrize("start", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "1999-12-31T23:59:59Z"])
def test_a_far_date_is_refused_in_one_line(start: str) -> None:
    """The end of its period would be beyond the calendar."""
    text = json.dumps({**RECORDING, "periods": [{"start": start}]})
    with pytest.raises(InvalidValueError, match="be a time in the years 2000 to 2999"):
        loads(text)


def test_a_large_recording_is_read_in_seconds() -> None:
    """25 MB, a month of minutes with every metric: at most ten times as long as Python's own JSON reader."""
    side = {"Invocations": 1000, "CPUUtilization": 50.0, "ModelLatency": {f"p{n}": float(n) for n in range(50, 60)}}
    periods = [
        {"start": f"2026-01-{1 + n // 1440:02}T{n // 60 % 24:02}:{n % 60:02}:00Z", "production": side, "shadow": side}
        for n in range(8000)
    ]
    text = json.dumps({**RECORDING, "periods": periods})
    began = time.process_time()
    json.loads(text)
    plain = time.process_time() - began
    began = time.process_time()
    assert len(loads(text).periods) == 8000
    assert time.process_time() - began < 10 * plain + 0.5


@given(st.text())
def test_any_text_is_read_or_refused_in_one_printable_line(text: str) -> None:
    """No reader of people's files ever ends in another exception."""
    for read in (lambda: json_of(text, "x", unique=True), lambda: loads(text)):
        try:
            read()
        except InvalidValueError as error:
            lines = error.problems
        else:
            continue
        assert all(line.isprintable() for line in lines)


def test_any_body_can_be_sent(tmp_path: Path) -> None:
    """A picture, a folder of them, or anything with its type said."""
    for name in ("b.png", "a.png"):
        (tmp_path / name).write_bytes(name.encode() + b"\n\x00\xff")
    (tmp_path / ".hidden").write_bytes(b"")

    found = payloads.read_bodies([tmp_path], None)
    assert found.bodies == (b"a.png\n\x00\xff", b"b.png\n\x00\xff")
    assert found.content_type == "image/png"
    (tmp_path / "c.bin2").write_bytes(b"x")
    with pytest.raises(InvalidValueError, match="--content-type"):
        payloads.read_bodies([tmp_path], None)
    assert len(payloads.read_bodies([tmp_path], "application/x-any").bodies) == 3
    (tmp_path / "inside").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    beside = payloads.read_bodies([tmp_path], "application/x-any")
    assert (len(beside.bodies), beside.left_out) == (3, (str(tmp_path / "inside"), str(tmp_path / "link")))


def test_fails_on_bodies_of_several_types(tmp_path: Path) -> None:
    """A request has one type, and so have all that are sent together."""
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "b.csv").write_bytes(b"1,2")
    with pytest.raises(InvalidValueError, match="of one type at a time, got image/png, text/csv"):
        payloads.read_bodies([tmp_path], None)
