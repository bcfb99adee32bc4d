"""Grading on a Dask cluster, one of whose workers is killed. Skipped where Dask is not installed."""

import os
import signal
import sys
import threading
import time

import pytest

from labutils.course.cells import read_labs
from labutils.course.collect import collect
from labutils.course.grade import Course, grade_all
from tests.corpus.tiny_lab import make_course, write
from tests.test_course_grade import notebook

distributed = pytest.importorskip("distributed")


def test_every_submission_is_graded_once_though_a_worker_dies(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    make_course(tmp_path)
    for number in range(8):
        source = (
            f"import time; time.sleep(1)\ndef sum_of_squares(numbers): return sum(x * x for x in numbers)  # {number}"
        )
        write(notebook(squares=source), tmp_path / f"class/student{number}/tiny.ipynb")
    labs = read_labs(tmp_path / "notebooks")
    course = Course(labs, tmp_path / "edition", models=str(tmp_path / "models"))
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0")
    with distributed.Client(cluster) as client:
        pids = list(client.run(os.getpid).values())
    killed = []

    def kill_one():
        while len(list((tmp_path / "runs").glob("*.json"))) < 2:
            time.sleep(0.05)
        os.kill(pids[0], signal.SIGKILL)
        killed.append(pids[0])

    threading.Thread(target=kill_one, daemon=True).start()
    results = grade_all(
        collect(tmp_path / "class", labs), course, tmp_path / "runs", cluster=cluster.scheduler_address
    )
    cluster.close()
    assert killed, results
    assert [result["student"] for result in results] == [f"student{number}" for number in range(8)]
    assert [sum(check["earned"] for check in result["checks"]) for result in results] == [10] * 8
    assert len(list((tmp_path / "runs").glob("*.json"))) == 8
