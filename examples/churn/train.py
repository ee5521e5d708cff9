"""Trains the two models of the example and packs them for SageMaker's XGBoost container."""

from __future__ import annotations

import argparse
import math
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NoReturn

from examples.churn.data import COLUMNS, NOT_YET_COLLECTED, Customer, as_csv, customers
from examples.churn.pack import pack

MODEL_FILE = "xgboost-model"
"""The file name that SageMaker's XGBoost algorithm itself uses inside ``model.tar.gz``."""

FEWEST_ROWS = 500
MOST_PAYLOADS = 300
HELD_OUT_SHARE = 0.25

# Neither model samples rows or columns, so no seed enters the training; one thread keeps the sums in one order whatever
# the number of cores. So the same data gives the same model.
_COMMON = {"objective": "binary:logistic", "tree_method": "hist", "nthread": 1, "verbosity": 0}
_V1 = {**_COMMON, "max_depth": 2, "eta": 0.3}
_V1_TREES = 12
_V2 = {**_COMMON, "max_depth": 5, "eta": 0.1, "min_child_weight": 5, "lambda": 2.0}
_V2_TREES = 120

_EPILOG = f"""\
files written:
  DIR/v1/model.tar.gz  production: a few shallow trees, from the oldest quarter of the training rows, when
                       {" and ".join(NOT_YET_COLLECTED)} were not collected yet
  DIR/v2/model.tar.gz  shadow: more and deeper trees, from all training rows and columns
  DIR/payloads.csv     up to {MOST_PAYLOADS} requests neither model was trained on, one text/csv body a line,
                       without header and label

Both models take the same {len(COLUMNS)} columns in the same order, so one request can go to both.

exit codes: 0 written, 1 the training could not run, 2 the arguments are wrong

example:
  pip install -r examples/churn/requirements.txt
  python -m examples.churn.train --out churn-models
"""


def area_under_curve(labels: Sequence[int], scores: Sequence[float]) -> float:
    """Return the area under the ROC curve.

    Args:
        labels: 1 or 0 per row.
        scores: One score per row; higher means 1 is more likely.

    Returns:
        The share of (1, 0) pairs that the scores put in the right order, ties counting half; 0.5 is guessing.

    Raises:
        ValueError: If the labels are all alike.
    """
    positives = sum(labels)
    negatives = len(labels) - positives
    if positives == 0 or negatives == 0:
        raise ValueError("the area under the curve needs rows of both classes, got one class only")
    below = 0
    pairs = 0.0
    ranked = sorted(zip(scores, labels, strict=True))
    for _, tied in groupby(ranked, key=lambda pair: pair[0]):
        group = [label for _, label in tied]
        ones = sum(group)
        zeros = len(group) - ones
        pairs += ones * (below + zeros / 2)
        below += zeros
    return pairs / (positives * negatives)


def log_loss(labels: Sequence[int], scores: Sequence[float]) -> float:
    """Return the mean negative log-likelihood.

    Args:
        labels: 1 or 0 per row.
        scores: The predicted probability of 1 per row. Certainty is taken as one in 10^15, so that one wrong certainty
            does not make everything infinite.

    Returns:
        The loss in nats; lower is better.

    Raises:
        ValueError: If there are no rows.
    """
    if not labels:
        raise ValueError("the log-loss needs at least one row, got none")
    tiny = 1e-15
    total = 0.0
    for label, score in zip(labels, scores, strict=True):
        likelihood = score if label else 1 - score
        total -= math.log(min(max(likelihood, tiny), 1 - tiny))
    return total / len(labels)


def split(rows: Sequence[Customer]) -> tuple[Sequence[Customer], Sequence[Customer]]:
    """Divide the data set into rows to train on and rows held out.

    Args:
        rows: The data set, oldest customers first.

    Returns:
        The rows to train on and, from the end, the last quarter that neither model sees.
    """
    cut = len(rows) - round(len(rows) * HELD_OUT_SHARE)
    return rows[:cut], rows[cut:]


def train(out: Path, rows: int, seed: int) -> None:
    """Train both models, compare them on held-out rows and write everything an endpoint needs.

    The comparison goes to stdout, progress to stderr.

    Args:
        out: A folder that exists.
        rows: Size of the data set in rows, at least ``FEWEST_ROWS``.
        seed: Seed of the data set, from 0.

    Raises:
        ImportError: If XGBoost or numpy is not installed.
        OSError: If ``out`` cannot be written.
        RuntimeError: If a packed model does not answer like the trained one.
    """
    # Here and not above: --help and wrong arguments are answered at once, and without XGBoost installed.
    import numpy as np  # type: ignore[import-not-found,unused-ignore]
    import xgboost as xgb  # type: ignore[import-not-found,unused-ignore]

    _say(f"making {rows} customers (seed {seed})")
    known, held_out = split(list(customers(rows, seed)))
    labels = [row.churned for row in held_out]

    def matrix(part: Sequence[Customer], *, without: Sequence[str] = ()) -> Any:  # noqa: ANN401 - XGBoost has no types
        values = np.array([row.features for row in part], dtype=np.float32)
        # Missing, not dropped: the model still takes every column, but finds nothing to split on in these.
        for name in without:
            values[:, COLUMNS.index(name)] = np.nan
        # No column names: the container builds its matrix from a bare CSV body and knows none either.
        return xgb.DMatrix(values, label=[row.churned for row in part])

    oldest = known[: len(known) // 4]
    questions = matrix(held_out)
    recipes = (
        ("v1", _V1, _V1_TREES, oldest, NOT_YET_COLLECTED),
        ("v2", _V2, _V2_TREES, known, ()),
    )
    scores: dict[str, list[float]] = {}
    for version, parameters, trees, part, without in recipes:
        _say(f"training {version}: {trees} trees of depth {parameters['max_depth']} on {len(part)} rows")
        booster = xgb.train(parameters, matrix(part, without=without), trees)
        answers = booster.predict(questions)
        # Universal Binary JSON is what load_model() expects of a file without an extension since XGBoost 2.1.
        archive = out / version / "model.tar.gz"
        archive.parent.mkdir(exist_ok=True)
        pack({MODEL_FILE: bytes(booster.save_raw("ubj"))}, archive)
        if not np.array_equal(answers, _reloaded(archive).predict(questions)):
            raise RuntimeError(f"{archive} does not answer like the model that was trained")
        _say(f"wrote {archive} ({archive.stat().st_size} bytes)")
        scores[version] = answers.tolist()

    payloads = out / "payloads.csv"
    sent = held_out[:MOST_PAYLOADS]
    payloads.write_bytes(as_csv(sent).encode())
    _say(f"wrote {payloads} ({len(sent)} requests)")
    print(_comparison(labels, scores))


def _comparison(labels: Sequence[int], scores: Mapping[str, Sequence[float]]) -> str:
    """Return what tells the models apart on the held-out rows, for people to read."""
    lines = [f"{len(labels)} held-out rows, {sum(labels) / len(labels):.1%} of them churned"]
    lines += [
        f"{version}  AUC {area_under_curve(labels, values):.4f}  log-loss {log_loss(labels, values):.4f}"
        for version, values in scores.items()
    ]
    pairs = list(zip(scores["v1"], scores["v2"], strict=True))
    disagree = sum((one >= 0.5) != (two >= 0.5) for one, two in pairs)
    apart = sum(abs(one - two) for one, two in pairs) / len(pairs)
    lines.append(f"they disagree on {disagree / len(pairs):.1%} of the rows (at 0.5); mean difference {apart:.3f}")
    return "\n".join(lines)


def _reloaded(archive: Path) -> Any:  # noqa: ANN401 - XGBoost has no types
    """Return the model as the container gets it: unpacked to a file without an extension, then loaded."""
    import xgboost as xgb  # type: ignore[import-not-found,unused-ignore]

    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            packed = tar.extractfile(MODEL_FILE)
            assert packed is not None
            (Path(folder) / MODEL_FILE).write_bytes(packed.read())
        booster = xgb.Booster()
        booster.load_model(Path(folder) / MODEL_FILE)
        return booster


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the usage is one ``--help`` away."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


def _whole(least: int) -> Callable[[str], int]:
    """Return an argument type: a whole number from ``least`` on."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"must be a whole number, at least {least}, got {text!r}")
        return number

    return parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after the program's name. Those of the process by default.

    Returns:
        0 when everything is written, 1 when the training could not run.

    Raises:
        SystemExit: With code 2 and one line on stderr when the arguments are wrong, with 0 after ``--help``.
    """
    parser = _Parser(
        prog="python -m examples.churn.train",
        description="Train two churn models that really differ, as artifacts for SageMaker's XGBoost container 3.0-5.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to; made if missing")
    parser.add_argument(
        "--rows",
        type=_whole(FEWEST_ROWS),
        default=20_000,
        metavar="N",
        help=f"customers to make up, at least {FEWEST_ROWS}; the last quarter is held out (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=_whole(0),
        default=7,
        metavar="S",
        help="seed of the data set, from 0; the same seed gives the same files (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    out: Path = options.out
    try:
        # Before the training: nobody should wait for models that cannot be kept.
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        parser.error(f"argument --out: cannot write to {str(out)!r}: {error.strerror}")
    began = time.monotonic()
    try:
        train(out, options.rows, options.seed)
    except ImportError as error:
        parser.exit(1, f"{parser.prog}: {error}; pip install -r examples/churn/requirements.txt\n")
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    _say(f"done in {time.monotonic() - began:.1f} s")
    return 0


def _say(text: str) -> None:
    """Tell the person who waits what is going on."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
