"""The leaderboard: rows are added, updated, sorted, shown, and survive writers at the same time."""

import json
import math
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from labutils import runtime
from labutils.metrics import leaderboard


@pytest.fixture(autouse=True)
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("LABUTILS_MODELS", str(tmp_path))
    monkeypatch.setattr(leaderboard, "REFERENCE", tmp_path / "course.json")
    return tmp_path


def test_an_empty_board_is_an_empty_table():
    assert leaderboard.table().shape == (0, 0)
    assert leaderboard.rows().shape == (0, len(leaderboard.COLUMNS))


def test_the_table_leaves_out_what_no_model_has():
    leaderboard.record("RBM", 1, epochs=3)
    leaderboard.record("DCGAN", 5, sampling_seconds=0.25)
    assert list(leaderboard.table().columns) == ["run", "epochs", "1,000 samples (s)"]
    assert list(leaderboard.table().loc["RBM"]) == ["yours", "3", "–"]


def test_the_courses_rows_stand_in_for_models_that_were_not_run():
    leaderboard.record("RBM", 1, epochs=100)
    leaderboard.record("VAE", 4, epochs=50)
    leaderboard.record("GAN", 5, epochs=20)
    leaderboard.REFERENCE.write_text(json.dumps(leaderboard.entries()))
    for path in leaderboard._folder().glob("*.json"):
        path.unlink()
    leaderboard.record("VAE", 4, epochs=3)
    leaderboard.record("mine", 2, epochs=1)
    table = leaderboard.table()
    assert list(table.index) == ["RBM", "mine", "VAE", "GAN"]
    assert list(table["run"]) == ["the course's", "yours", "yours", "the course's"]
    assert list(table["epochs"]) == ["100", "1", "3", "20"]
    assert list(leaderboard.table(lab=2).index) == ["RBM", "mine"]


def test_a_number_without_a_training_adds_to_the_courses_row():
    leaderboard.record("RBM", 1, epochs=100, frechet=400.0)
    leaderboard.REFERENCE.write_text(json.dumps(leaderboard.entries()))
    for path in leaderboard._folder().glob("*.json"):
        path.unlink()
    leaderboard.record("RBM", 1, completion=0.81)
    table = leaderboard.table()
    assert list(table.loc["RBM"]) == ["the course's", "100", "400.00", "81%"]
    leaderboard.record("RBM", 1, epochs=3)  # now it is yours, and the course's numbers are gone
    assert list(leaderboard.table().loc["RBM"]) == ["yours", "3", "81%"]


def test_rows_are_sorted_by_lab_then_by_first_record():
    leaderboard.record("VAE", 4, frechet=7.0)
    leaderboard.record("zebra RBM", 1, epochs=1)
    leaderboard.record("a RBM", 1, epochs=2)
    leaderboard.record("zebra RBM", 1, epochs=3)  # An update keeps its place.
    assert list(leaderboard.table().index) == ["zebra RBM", "a RBM", "VAE"]


def test_an_update_keeps_the_other_numbers():
    leaderboard.record("RBM", 1, epochs=100, reconstruction_error=0.0148)
    leaderboard.record("RBM", 1, reconstruction_error=0.0150)
    row = leaderboard.rows().loc["RBM"]
    assert (row["epochs"], row["reconstruction_error"]) == (100, 0.0150)
    assert math.isnan(row["coverage"])


def test_a_new_log_likelihood_drops_the_spread_of_the_old_one():
    leaderboard.record("RBM", 1, log_likelihood=-120, log_likelihood_kind="AIS", log_likelihood_stderr=0.3)
    leaderboard.record("RBM", 1, log_likelihood=-130, log_likelihood_kind="exact")
    row = leaderboard.table(["log_likelihood", "log_likelihood_stderr"]).loc["RBM"]
    assert list(row) == ["yours", "-130.0", "–"]


def test_the_table_reads_well():
    leaderboard.record(
        "RBM, CD-1 / 100", 1, parameters=79_284, seconds=81.6, log_likelihood=-119.58,
        log_likelihood_kind="AIS", coverage=2.25,
    )  # fmt: skip
    table = leaderboard.table(["parameters", "log_likelihood", "log_likelihood_kind", "frechet"])
    assert list(table.columns) == [
        "run", "parameters", "log-likelihood (nats)", "kind of log-likelihood", "Fréchet distance",
    ]  # fmt: skip
    assert list(table.loc["RBM, CD-1 / 100"]) == ["yours", "79,284", "-119.6", "AIS", "–"]
    assert isinstance(table, pd.DataFrame)


def test_names_that_differ_only_in_signs_are_different_models():
    for name in ("RBM 1", "RBM/1", "RBM:1", "RBM%2F1", "../RBM"):
        leaderboard.record(name, 1, epochs=1)
    assert len(leaderboard.table()) == 5


def test_quick_and_full_runs_are_apart(monkeypatch):
    monkeypatch.setattr(runtime, "MODE", "quick")
    leaderboard.record("RBM", 1, epochs=2)
    monkeypatch.setattr(runtime, "MODE", "full")
    assert len(leaderboard.table()) == 0


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ({"likelihood": -100.0}, "no column 'likelihood'.*log_likelihood"),
        ({"epochs": math.nan}, "epochs is nan"),
        ({"frechet": math.inf}, "frechet is inf"),
        ({"frechet": "small"}, "'small'"),
        ({"log_likelihood": -100.0}, "go together"),
        ({"log_likelihood_kind": "exact"}, "go together"),
        ({"log_likelihood": -100.0, "log_likelihood_kind": "guess"}, "one of exact, AIS, .*got 'guess'"),
    ],
)
def test_bad_numbers_are_refused_and_nothing_is_written(numbers, says):
    with pytest.raises(ValueError, match=says):
        leaderboard.record("RBM", 1, **numbers)
    assert len(leaderboard.table()) == 0


def test_unknown_columns_are_refused():
    with pytest.raises(ValueError, match=r"no column 'fid'.*frechet"):
        leaderboard.table(["fid"])


def test_a_damaged_file_is_named(board):
    leaderboard.record("RBM", 1, epochs=1)
    next(board.rglob("RBM.json")).write_text("{")
    with pytest.raises(ValueError, match=r"RBM\.json.*Delete it"):
        leaderboard.table()


def test_writers_and_readers_at_once_lose_no_row():
    def work(name: str) -> None:
        for i in range(15):
            leaderboard.record(f"{name} {i}", 1, epochs=i)
            leaderboard.record("shared", 2, epochs=i)
            leaderboard.table()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, "abcd"))  # Raises what a worker raised.
    values = leaderboard.rows()
    assert len(values) == 4 * 15 + 1
    assert values.loc["shared", "epochs"] == 14
