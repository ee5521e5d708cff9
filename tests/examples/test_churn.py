"""The worked example, as far as it runs without XGBoost: the data, the archive, the figures, the command line."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from examples.churn.data import COLUMNS, NOT_YET_COLLECTED, as_csv, customers
from examples.churn.pack import pack
from examples.churn.train import FEWEST_ROWS, area_under_curve, log_loss, main, split

ROOT = Path(__file__).parents[2]


def test_the_same_seed_gives_the_same_bytes_everywhere() -> None:
    """The data set is pinned by its hash, so that a change of Python or of the generator does not go unnoticed."""
    text = as_csv(list(customers(1000, seed=7)))

    assert (
        hashlib.sha256(text.encode()).hexdigest() == "8494b1483ac55be16e87d6f97294b95497325768198a9cea0c49dfa82e10ca91"
    )


def test_another_seed_gives_other_customers() -> None:
    """The seed decides."""
    assert list(customers(5, seed=1)) != list(customers(5, seed=2))


def test_a_longer_data_set_begins_with_the_shorter_one() -> None:
    """More rows add customers and change none."""
    assert list(customers(10, seed=3)) == list(customers(50, seed=3))[:10]


def test_every_customer_has_the_documented_columns_in_the_documented_ranges() -> None:
    """What the docstring promises about the columns holds for each row."""
    for customer in customers(2000, seed=7):
        row = dict(zip(COLUMNS, customer.features, strict=True))
        assert customer.churned in (0, 1)
        assert 0 <= row["tenure_months"] <= 72
        assert row["contract_months"] in (1, 12, 24)
        assert row["international_plan"] in (0, 1)
        assert 0 <= row["dropped_calls_percent"] <= 100
        assert all(row[name] >= 0 for name in COLUMNS if name != "usage_trend_percent")


def test_the_columns_that_v1_misses_do_tell_who_leaves() -> None:
    """Without signal in the columns that only v2 sees, the two models would not really differ."""
    rows = list(customers(8000, seed=7))
    labels = [row.churned for row in rows]

    assert set(NOT_YET_COLLECTED) < set(COLUMNS)
    for name, direction in (("dropped_calls_percent", 1), ("usage_trend_percent", -1)):
        scores = [direction * row.features[COLUMNS.index(name)] for row in rows]
        assert area_under_curve(labels, scores) > 0.55


def test_a_fair_share_of_customers_churns() -> None:
    """Neither class is rare, so that a few hundred requests show both."""
    rows = list(customers(5000, seed=11))

    assert 0.10 < sum(row.churned for row in rows) / len(rows) < 0.25


def test_a_request_is_one_line_of_numbers_without_label() -> None:
    """Each line can be sent as it is, with content type text/csv."""
    rows = list(customers(20, seed=7))
    lines = as_csv(rows).splitlines()

    assert [row.features for row in rows] == [tuple(float(cell) for cell in line.split(",")) for line in lines]


@pytest.mark.parametrize(("rows", "seed"), [(0, 1), (-5, 1), (10, -1)])
def test_impossible_sizes_and_seeds_are_refused(rows: int, seed: int) -> None:
    """Nothing is returned in silence for a size or a seed that means nothing."""
    with pytest.raises(ValueError, match=r"must be at least \d, got -?\d"):
        list(customers(rows, seed))


def test_an_archive_has_the_same_bytes_in_any_order_and_any_place(tmp_path: Path) -> None:
    """The hash of the asset changes with the content only."""
    (tmp_path / "deeper").mkdir()
    pack({"xgboost-model": b"model", "notes": b"n"}, tmp_path / "a.tar.gz")
    pack({"notes": b"n", "xgboost-model": b"model"}, tmp_path / "deeper" / "other-name.tar.gz")

    first = (tmp_path / "a.tar.gz").read_bytes()
    assert first == (tmp_path / "deeper" / "other-name.tar.gz").read_bytes()
    assert first[4:8] == bytes(4), "the time in gzip's header must be zero"


def test_an_archive_holds_the_files_at_its_top_without_anyones_name(tmp_path: Path) -> None:
    """SageMaker looks for the model at the top of the archive, readable by the container's user."""
    pack({"xgboost-model": b"model"}, tmp_path / "model.tar.gz")

    with tarfile.open(tmp_path / "model.tar.gz", "r:gz") as tar:
        (entry,) = tar.getmembers()
        content = tar.extractfile(entry)
        assert content is not None
        assert content.read() == b"model"
    assert (entry.name, entry.mtime, entry.uid, entry.gid, entry.uname) == ("xgboost-model", 0, 0, 0, "")
    assert entry.mode == 0o644


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    """A model without files is a mistake of the caller."""
    with pytest.raises(ValueError, match="at least one file"):
        pack({}, tmp_path / "model.tar.gz")


@pytest.mark.parametrize(
    ("scores", "area"),
    [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.2, 0.1], 0.0), ([0.5] * 4, 0.5), ([0.1, 0.5, 0.5, 0.9], 0.875)],
)
def test_the_area_under_the_curve_counts_pairs_in_order_and_ties_half(scores: list[float], area: float) -> None:
    """Worked by hand for four rows."""
    assert area_under_curve([0, 0, 1, 1], scores) == pytest.approx(area)


def test_the_area_under_the_curve_needs_both_classes() -> None:
    """With one class there is no pair to put in order."""
    with pytest.raises(ValueError, match="one class only"):
        area_under_curve([1, 1], [0.1, 0.2])


def test_the_log_loss_of_guessing_is_ln_2_and_a_wrong_certainty_stays_finite() -> None:
    """Worked by hand."""
    assert log_loss([0, 1], [0.5, 0.5]) == pytest.approx(0.693147, abs=1e-6)
    assert 30 < log_loss([1], [0.0]) < 40


def test_the_held_out_rows_are_the_last_quarter() -> None:
    """No row is in both parts and none is lost."""
    rows = list(customers(1000, seed=7))
    known, held_out = split(rows)

    assert [*known, *held_out] == rows
    assert len(held_out) == 250


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--rows", "0"], f"argument --rows: must be a whole number, at least {FEWEST_ROWS}, got '0'"),
        (["--rows", "-3"], f"argument --rows: must be a whole number, at least {FEWEST_ROWS}, got '-3'"),
        (["--rows", "1e4"], f"argument --rows: must be a whole number, at least {FEWEST_ROWS}, got '1e4'"),
        (["--seed", "-1"], "argument --seed: must be a whole number, at least 0, got '-1'"),
        (["--row-count", "5"], "unrecognized arguments: --row-count 5"),
    ],
)
def test_wrong_arguments_are_answered_in_one_line_with_exit_code_2(
    arguments: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person sees what was wrong and nothing else; a script sees 2."""
    with pytest.raises(SystemExit) as stopped:
        main(["--out", str(tmp_path), *arguments])

    assert stopped.value.code == 2
    assert capsys.readouterr().err == f"python -m examples.churn.train: error: {complaint}\n"


def test_a_folder_that_cannot_be_written_is_answered_in_one_line_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder is tried before the training, not after it."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SystemExit) as stopped:
        main(["--out", str(tmp_path / "file" / "out")])

    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m examples.churn.train: error: argument --out: cannot write to ")
    assert error.count("\n") == 1


def test_help_is_given_without_xgboost_and_names_files_and_exit_codes() -> None:
    """Somebody who has installed nothing yet can read what the script does."""
    answer = subprocess.run(
        [sys.executable, "-m", "examples.churn.train", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    for word in ("v1/model.tar.gz", "payloads.csv", "exit codes", "requirements.txt"):
        assert word in answer.stdout
