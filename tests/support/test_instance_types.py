"""The list of instance types that the library carries is the API's, and the command that makes it keeps it so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.api_model import service_model
from tools.instance_types import LIST, main


def test_the_list_equals_the_enum_of_the_pinned_botocore() -> None:
    """What the library takes for an instance type is what CreateEndpointConfig takes."""
    enum = service_model().shape_for("ProductionVariantInstanceType").metadata["enum"]
    listed = json.loads(LIST.read_text(encoding="utf-8"))

    assert sorted(enum) == listed["instance_types"]


def test_the_list_says_where_it_comes_from() -> None:
    """Somebody who doubts an entry can look it up."""
    listed = json.loads(LIST.read_text(encoding="utf-8"))

    assert "ProductionVariantInstanceType" in listed["source"]
    assert listed["botocore_version"].count(".") == 2


def test_what_is_written_passes_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Writing is the cure that the check proposes, and gives the file that is in the repository."""
    path = tmp_path / "types.json"

    assert main(["--write"], path=path) == 0
    assert " instance types of botocore " in capsys.readouterr().err
    assert main(["--check"], path=path) == 0
    assert capsys.readouterr().err == ""
    assert (
        json.loads(path.read_text(encoding="utf-8"))["instance_types"] == json.loads(LIST.read_text())["instance_types"]
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"instance_types": ["ml.m5.huge"]}', "missing: ml.c4.2xlarge\n"),
        ('{"instance_types": "ml.m5.xlarge"}', "instance_types must be a list, got 'ml.m5.xlarge'\n"),
        ('{"instance_types": ["ml.m5.huge"]}', "ml.m5.huge\nrun: python tools/instance_types.py --write\n"),
        ("{}", "types.json cannot be read: KeyError('instance_types')\n"),
        ("[", "types.json cannot be read: "),
        (None, "types.json cannot be read: FileNotFoundError"),
    ],
)
def test_the_check_says_what_differs_and_how_to_mend_it(
    content: str | None, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, each difference in a line, and the command to run."""
    path = tmp_path / "types.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    assert main(["--check"], path=path) == 1
    error = capsys.readouterr().err
    assert complaint in error
    assert error.endswith("run: python tools/instance_types.py --write\n")


def test_a_list_out_of_order_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One order, so that a change of the list is a small difference in review."""
    path = tmp_path / "types.json"
    types = json.loads(LIST.read_text(encoding="utf-8"))["instance_types"]
    path.write_text(json.dumps({"instance_types": types[::-1]}), encoding="utf-8")

    assert main(["--check"], path=path) == 1
    assert "not sorted" in capsys.readouterr().err


def test_neither_or_both_is_a_mistake_of_usage() -> None:
    """Nothing is written by accident."""
    for arguments in ([], ["--write", "--check"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
