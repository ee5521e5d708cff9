"""What a model server understands."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from local_aws.model_server.models import BadRequestError, ScriptModel, load, parse_rows, render
from local_aws.tests.support import ECHO


def test_csv_rows_and_json_instances_are_the_same() -> None:
    """Two forms of one payload; an empty field is a missing value."""
    assert parse_rows(b"1,2\n3,4\n", "text/csv") == [[1, 2], [3, 4]]
    assert parse_rows(b'{"instances": [[1, 2], [3, 4]]}', "application/json") == [[1, 2], [3, 4]]
    assert math.isnan(parse_rows(b"1,", "text/csv")[0][1])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a,b", "text/csv"),
        (b"1,2\n3", "text/csv"),
        (b"", "text/csv"),
        (b"\xff", "text/csv"),
        (b"[1]", "application/json"),
        (b'{"rows": []}', "application/json"),
        (b"1", "text/libsvm"),
    ],
)
def test_fails_payloads_that_are_none(body: bytes, content_type: str) -> None:
    """What cannot be read is the caller's fault."""
    with pytest.raises(BadRequestError):
        parse_rows(body, content_type)


def test_predictions_are_csv_unless_json_is_accepted() -> None:
    """One row per prediction, or scores."""
    assert render([0.5, 0.25], "*/*") == (b"0.5\n0.25", "text/csv; charset=utf-8")
    assert render([[0.5, 0.5]], "text/csv")[0] == b"0.5,0.5"
    assert render([0.5], "application/json") == (b'{"predictions": [{"score": 0.5}]}', "application/json")


def test_a_script_predicts_text(tmp_path: Path) -> None:
    """model_fn is given the directory, predict_fn the payload; the type is the accepted one or the request's."""
    script = tmp_path / "code" / "inference.py"
    script.parent.mkdir()
    script.write_text(ECHO.format(version="v1"))
    model = load(tmp_path)

    assert isinstance(model, ScriptModel)
    assert model.predict(b"1,2", "text/csv", "*/*") == (b"v1:1,2", "text/csv")
    assert model.predict(b"{}", "text/csv", "application/json")[1] == "application/json"


def test_fails_an_artifact_without_a_model(tmp_path: Path) -> None:
    """What was found instead is named."""
    (tmp_path / "model.pkl").write_text("")

    with pytest.raises(FileNotFoundError, match=r"neither code/inference\.py nor xgboost-model, but model\.pkl"):
        load(tmp_path)
