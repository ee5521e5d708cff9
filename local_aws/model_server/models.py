"""The two kinds of model: an XGBoost booster, and a small script."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
from pathlib import Path
from typing import Any, Protocol

CSV = "text/csv"
JSON = "application/json"


class BadRequestError(Exception):
    """A payload the model cannot read; the caller's fault."""


class Model(Protocol):
    """Something that predicts."""

    def predict(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """Return the answer and its content type.

        Raises:
            BadRequestError: If the payload cannot be read.
        """


def load(directory: Path) -> Model:
    """Return the model in a directory: ``code/inference.py`` if there is one, else ``xgboost-model``.

    Raises:
        FileNotFoundError: If there is neither.
    """
    script, booster = directory / "code" / "inference.py", directory / "xgboost-model"
    if script.exists():
        return ScriptModel(script, directory)
    if booster.exists():
        return XgboostModel(booster)
    found = ", ".join(sorted(path.name for path in directory.iterdir())) or "nothing"
    raise FileNotFoundError(f"the model artifact holds neither code/inference.py nor xgboost-model, but {found}")


def media_type(header: str) -> str:
    """Return a content type without its parameters."""
    return header.split(";", 1)[0].strip().lower()


class ScriptModel:
    """A model written as ``model_fn(model_dir)`` and ``predict_fn(payload, model)``, text in and text out.

    Args:
        script: The script.
        directory: What ``model_fn`` is given.
    """

    def __init__(self, script: Path, directory: Path) -> None:
        spec = importlib.util.spec_from_file_location("inference", script)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._predict = module.predict_fn
        self._model = module.model_fn(str(directory))

    def predict(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """Return what ``predict_fn`` makes of the payload, in the accepted type or the request's."""
        wanted = media_type(accept)
        answer = str(self._predict(body.decode(), self._model))
        return answer.encode(), content_type if wanted in ("", "*/*") else wanted


class XgboostModel:
    """A booster saved by ``Booster.save_model``, served as the built-in XGBoost container does.

    Args:
        path: The file ``xgboost-model``.
    """

    def __init__(self, path: Path) -> None:
        # Imported here, at 0.5 s and 100 MB, so that script models start fast and need no xgboost.
        self._xgboost: Any = importlib.import_module("xgboost")
        self._numpy: Any = importlib.import_module("numpy")
        self._booster = self._xgboost.Booster({"nthread": 1})
        data = path.read_bytes()
        # The container's artifact has no suffix; xgboost tells JSON from UBJSON by the bytes.
        self._booster.load_model(bytearray(data))

    def predict(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """Return one prediction per row."""
        rows = parse_rows(body, media_type(content_type))
        matrix = self._numpy.array(rows, dtype="float32")
        predictions = self._booster.inplace_predict(matrix, validate_features=False)
        return render(predictions.tolist(), media_type(accept))


def parse_rows(body: bytes, content_type: str) -> list[list[float]]:
    """Return the rows of features of a payload; an empty field is a missing value.

    Raises:
        BadRequestError: If the payload cannot be read, or its rows differ in length.
    """
    try:
        if content_type == JSON:
            rows = [[float(value) for value in row] for row in json.loads(body)["instances"]]
        elif content_type in (CSV, ""):
            lines = body.decode().strip().splitlines()
            rows = [[float(f) if f.strip() else math.nan for f in line.split(",")] for line in lines]
        else:
            raise BadRequestError(f"content type {content_type} is not supported, send {CSV} or {JSON}")
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise BadRequestError(f"unable to read the payload as {content_type or CSV}: {error}") from error
    if not rows or len({len(row) for row in rows}) != 1:
        raise BadRequestError("the payload needs rows of equal length")
    return rows


def render(predictions: list[Any], accept: str) -> tuple[bytes, str]:
    """Return predictions as CSV, one row per prediction, or as JSON where that is asked for."""
    if accept == JSON:
        scores = [{"score": prediction} for prediction in predictions]
        return json.dumps({"predictions": scores}).encode(), JSON
    lines = (",".join(map(repr, p)) if isinstance(p, list) else repr(p) for p in predictions)
    return "\n".join(lines).encode(), f"{CSV}; charset=utf-8"
