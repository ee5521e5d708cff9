"""The example app's ``-c gate_policy=FILE``: the file is read as ``shadow-test gate --policy`` reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shadow_constructs import GatePolicy
from shadow_ops.cli.files import policy_from_file
from shadow_ops.contract.problems import InvalidValueError
from stacks.churn import _policy

POLICY = json.dumps({"min_duration_minutes": 120})


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_both_read_the_same_policy(tmp_path: Path, begin: bytes) -> None:
    """Whatever an editor put before it."""
    file = tmp_path / "policy.json"
    file.write_bytes(begin + POLICY.encode())
    assert _policy(str(file)) == policy_from_file(file) == GatePolicy(min_duration_minutes=120)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe{}", "not a text file in UTF-8, at byte 0; save it as UTF-8"),
        (b"{", "not JSON at line 1"),
        (b'{"rules": [], "rules": []}', "there twice"),
        (b'{"min_duration_minutes": NaN}', "NaN is no JSON"),
        (b'{"min_duration_minutes": ' + b"9" * 5000 + b"}", "thousands of digits"),
    ],
)
def test_both_refuse_the_same_file(tmp_path: Path, content: bytes, said: str) -> None:
    """In the same words, one line."""
    file = tmp_path / "policy.json"
    file.write_bytes(content)
    with pytest.raises(InvalidValueError, match=said) as refused:
        policy_from_file(file)
    with pytest.raises(SystemExit) as ended:
        _policy(str(file))
    assert ended.value.code == f"context 'gate_policy': {refused.value}"
    assert len(str(ended.value.code).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "a folder; name a file in it"),
        ("none.json", "No such file or directory; name a file that can be read"),
        ("a\0b", "no file has such a name; name a file that can be read"),
        ("x" * 300, "File name too long; name a file that can be read"),
    ],
)
def test_fails_on_what_is_no_file(tmp_path: Path, name: str, said: str) -> None:
    """One line with what to do instead of a trace."""
    with pytest.raises(SystemExit, match=said) as ended:
        _policy(str(tmp_path / name))
    assert len(str(ended.value.code).splitlines()) == 1
