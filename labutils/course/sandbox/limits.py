"""What a run, or a reader of files, may use: limits of each process, and a watch over all of them together."""

import glob
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

PROCESSES = 256  # of a run
READER_GB = 1.0  # of memory for reading what somebody handed in
PAGE = os.sysconf("SC_PAGE_SIZE")


def limit_process(limits: dict[str, Any]) -> None:
    """Limit this process and its children, one by one: memory, size of a file, open files, processor time."""
    linux, endless = sys.platform == "linux", resource.RLIM_INFINITY
    memory = int(limits["memory_gb"] * 2**30)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE if linux else 0
    wanted = {
        resource.RLIMIT_AS: size + memory if linux and memory else endless,
        resource.RLIMIT_FSIZE: int(limits["disk_gb"] * 2**30),
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_CPU: int(limits["notebook_s"]) * 4 + 60,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        most = resource.getrlimit(kind)[1]
        value = min((limit for limit in (value, most) if limit != endless), default=endless)
        resource.setrlimit(kind, (value, value))


def apart(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """For each item what a function makes of it in another process; None where that takes too much.

    Too much is `READER_GB` of memory more than this process has, or a minute of processor time for one item.
    """

    def work(begin: int) -> None:
        limit_process({"memory_gb": READER_GB, "disk_gb": 0, "notebook_s": 60 * len(items)})
        for item in items[begin:]:
            most = resource.getrlimit(resource.RLIMIT_CPU)[1]
            resource.setrlimit(resource.RLIMIT_CPU, (min(int(time.process_time()) + 60, most), most))
            send.send(function(item))

    fork, done = multiprocessing.get_context("fork"), 0
    while done < len(items):
        receive, send = fork.Pipe(duplex=False)
        process = fork.Process(target=work, args=[done])
        process.start()
        send.close()
        with suppress(EOFError):
            while True:
                yield receive.recv()
                done += 1
        process.join()
        if done < len(items):
            yield None
            done += 1


class Watch(threading.Thread):
    """Looks ten times a second whether all processes of this PID namespace, whose process 1 we are, use too much.

    It then kills all others; `verdict` says what it was.
    """

    def __init__(self, memory_gb: float) -> None:
        super().__init__(daemon=True)
        self.verdict = ""
        self.memory_gb = memory_gb
        self.before = _own_memory(os.getpid())
        self.start()

    def run(self) -> None:
        while not self.verdict:
            time.sleep(0.1)
            processes = [int(name) for name in os.listdir("/proc") if name.isdigit()]
            if len(processes) > PROCESSES:
                self.verdict = f"Your code started more than {PROCESSES} processes."
            elif self.memory_gb and self.too_much(processes):
                self.verdict = f"All that your code started took more than {self.memory_gb:g} GB of memory."
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)

    def too_much(self, processes: list[int]) -> bool:
        """Whether they hold more than they may: memory of their own, shared memory, and files in memory alone."""
        shared = sum(int(line.split()[14]) for line in _lines("/proc/sysvipc/shm")[1:])  # column rss
        most = self.memory_gb * 2**30 + self.before - shared - sum(_memory_files().values())
        resident = sum(int(line.split()[1]) * PAGE for n in processes for line in _lines(f"/proc/{n}/statm"))
        # the first is quick, and counts what several processes share several times
        return resident > most and sum(map(_own_memory, processes)) > most


def _own_memory(process: int) -> int:
    """Bytes of a process, of what it shares with others its part."""
    lines = _lines(f"/proc/{process}/smaps_rollup")
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))


def _memory_files() -> dict[int, int]:
    """Size by inode of the files of memfd_create(2), which nobody else counts where they are not mapped."""
    sizes = {}
    for path in glob.iglob("/proc/[0-9]*/fd/*"):
        with suppress(OSError):  # it is closed by now
            if os.readlink(path).startswith("/memfd:"):
                file = os.stat(path)
                sizes[file.st_ino] = file.st_blocks * 512
    return sizes


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:  # the process has ended
        return []
