"""The warm process that runs notebooks: it loads the course's libraries once and forks for every run.

`grade` starts it as a script, with the released `labutils` on its path; of ours it imports only `guard`. Requests
come in as JSON lines, records go out as JSON lines. A run is a pytest process of its own, with our plugin for
nbval, in new user, mount, PID, network and IPC namespaces where Linux allows it, and a kernel below it:

    runner ── fork ── supervisor ── fork ── pytest (process 1 of its world) ── fork ── kernel
"""

import ctypes
import gc
import importlib
import json
import os
import re
import resource
import secrets
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import pytest
from guard import Guard
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

ANSI = re.compile(r"\x1b\[[0-9;]*m")

ANSWER_S = 20
"""Seconds for what takes a kernel milliseconds: the guard's answer, the assertion that must fail."""


class Stopped(Exception):
    """The kernel died, or had to be killed. `status` is "died" or "hung"."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class ForkedKernel(RunningKernel):
    """nbval's kernel, forked from this process before it knows anything of the notebook.

    Outputs are not listened to: what counts is the kernel's reply to a request.
    """

    def __init__(self, folder: Path, request: dict[str, Any], guard: Guard) -> None:
        connection = str(folder / "kernel.json")
        write_connection_file(connection, transport="ipc", ip=str(folder / "k"), key=secrets.token_hex(16).encode())
        self.ended, self.pid = False, os.fork()
        if self.pid == 0:
            try:
                run_kernel(connection, request, guard)
            finally:
                os._exit(1)
        self.kc = BlockingKernelClient(connection_file=connection)
        self.kc.load_connection_file()
        self.kc.start_channels(iopub=False, stdin=False, hb=False, control=False)
        self.reply(self.kc.kernel_info(), 60)
        self.guard(attach=True)

    def is_alive(self) -> bool:
        """Whether the kernel runs."""
        self.ended = self.ended or os.waitpid(self.pid, os.WNOHANG) != (0, 0)
        return not self.ended

    def execute(self, code: str, seconds: float, grace: float = 5.0) -> dict[str, Any]:
        """Run code; the content of the reply. `status` is "ok", "error" or "timeout".

        Args:
            grace: seconds to stop in after it was interrupted, before the kernel is killed.

        Raises:
            Stopped: the kernel is no more.
        """
        message = self.execute_cell_input(code, allow_stdin=False)
        try:
            content = self.reply(message, seconds)
        except TimeoutError:
            os.kill(self.pid, signal.SIGINT)
            try:
                content = self.reply(message, grace) | {"status": "timeout"}
            except TimeoutError:
                raise Stopped("hung", "It ran beyond its time and could not be interrupted.") from None
        if any(part.get("source") == "ask_exit" for part in content.get("payload", [])):
            raise Stopped("died", "It asked the kernel to exit.")
        return content

    def guard(self, **content: Any) -> dict[str, Any]:
        """Send the guard a message; its reply."""
        message = self.kc.session.msg("guard_request", content)
        self.kc.shell_channel.send(message)
        return self.reply(message["header"]["msg_id"], ANSWER_S)

    def reply(self, message: str, seconds: float) -> dict[str, Any]:
        """Wait for a reply in slices of a second, looking after the kernel.

        Raises:
            TimeoutError: no reply in time.
            Stopped: the kernel died.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = self.kc.get_shell_msg(timeout=max(0.01, min(1.0, deadline - time.monotonic())))
                if answer["parent_header"].get("msg_id") == message:
                    return answer["content"]
            except Empty:
                if not self.is_alive():
                    raise Stopped("died", "The kernel died: killed, crashed or out of memory.") from None
                if time.monotonic() > deadline:
                    raise TimeoutError from None

    def stop(self) -> None:
        """Kill the kernel."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)  # so that its time counts as ours
        self.kc.stop_channels()


class GradedFile(IPyNbFile):
    """A notebook of nbval, whose kernel runs already."""

    def collect(self) -> Iterator[pytest.Item]:
        """The cells. Tags and markers mean nothing here."""
        self.nb = nbformat.from_dict(json.loads(self.path.read_text(encoding="utf-8")))
        self.path.unlink()  # with its hidden tests
        for number, cell in enumerate(self.nb.cells):
            yield GradedCell.from_parent(
                self, name=f"Cell {number}", cell_num=number, cell=cell, options=defaultdict(bool)
            )

    def setup(self) -> None:
        """Nothing: the kernel was forked before."""

    def teardown(self) -> None:
        """Stop the kernel."""
        self.kernel.stop()


class GradedCell(IPyNbCell):
    """A cell of nbval that believes the kernel's reply and nothing else."""

    def setup(self) -> None:
        """No xfail after a time-out."""

    def runtest(self) -> None:
        """Run the cell and write its record. Raises NbCellError if it did not pass, so that pytest counts it."""
        course, begun = self.cell.metadata["course"], time.monotonic()
        self.parent.write({"start": course["id"]})
        record = {"id": course["id"], "changes": [], "message": "", "traceback": ""}
        stopped = True
        try:
            record |= self.run_check(course) if course["role"] == "check" else self.run_plain(course)
            stopped = False
        except Stopped as error:
            record |= {"status": error.status, "message": str(error)}
        except TimeoutError:
            record |= {"status": "hung", "message": "The kernel no longer answers."}
        self.parent.write(record | {"seconds": round(time.monotonic() - begun, 2)})
        if stopped:
            self.session.shouldstop = "the kernel is no more"
        if record["status"] != "passed":
            raise NbCellError(self.cell_num, record["message"], self.cell.source, record["traceback"])

    def run_plain(self, course: dict[str, Any]) -> dict[str, Any]:
        """A given cell or a student's."""
        kernel = self.parent.kernel
        changes = kernel.guard(enter=course["role"], names=[])["changes"]
        record = self.run_source(self.cell.source)
        kernel.guard(leave=course["role"])
        return record | {"changes": changes}

    def run_check(self, course: dict[str, Any]) -> dict[str, Any]:
        """Guard, canary, check, guard."""
        kernel, nonce = self.parent.kernel, secrets.token_hex(8)
        changes = kernel.guard(enter="check", names=course["names"])["changes"]
        canary = kernel.execute(f"assert False, '{nonce}'", ANSWER_S)
        if (canary["status"], canary.get("ename"), canary.get("evalue")) != ("error", "AssertionError", nonce):
            kernel.guard(leave="check")
            message = "Failed assertions no longer show in this kernel."
            return {"status": "void", "changes": changes, "message": message}
        record = self.run_source(f"{self.cell.source}\n_course_finished = '{nonce}'")
        after = kernel.guard(leave="check")
        if record["status"] == "passed" and (after["changes"] or after["mark"] != nonce):
            what = "changed " + ", ".join(after["changes"][:5]) if after["changes"] else "ended before its last line"
            record |= {"status": "void", "message": f"The check {what} while it ran."}
        return record | {"changes": changes}

    def run_source(self, source: str) -> dict[str, Any]:
        """Execute code within what is left of the time."""
        limits, left = self.parent.limits, self.parent.deadline - time.monotonic()
        if left <= 0:
            return {"status": "not run", "message": "The time for the whole notebook was used up."}
        reply = self.parent.kernel.execute(source, min(left, limits["cell_s"]), limits["grace_s"])
        if reply["status"] == "ok":
            return {"status": "passed"}
        if reply["status"] == "timeout":
            seconds = min(left, limits["cell_s"])
            return {"status": "timed out", "message": f"It ran longer than {seconds:.0f} seconds."}
        trace = ANSI.sub("", "\n".join(part[:4000] for part in reply.get("traceback", [])))
        name, value = str(reply.get("ename")), ANSI.sub("", str(reply.get("evalue")))[:4000]
        message = value if name == "CheckFailed" else f"{name}: {value}" if value else name
        return {"status": "failed", "message": message, "traceback": trace[-20_000:]}


class Plugin:
    """Collects the one notebook of this run as a GradedFile."""

    def __init__(self, kernel: ForkedKernel, limits: dict[str, Any], write: Callable[[dict], None]) -> None:
        self.kernel, self.limits, self.write = kernel, limits, write
        self.deadline = time.monotonic() + limits["notebook_s"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """pytest's hook."""
        if file_path.suffix != ".ipynb":
            return None
        file = GradedFile.from_parent(parent, path=file_path)
        file.kernel, file.limits, file.write, file.deadline = self.kernel, self.limits, self.write, self.deadline
        return file


def run_kernel(connection: str, request: dict[str, Any], guard: Guard) -> None:
    """In the kernel's process: limits, then ipykernel with the guard's message handler."""
    os.setsid()
    os.closerange(3, 65536)  # the pipe of the results above all
    limits = request["limits"]
    size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") if LINUX else 0
    memory = int(limits["memory_gb"] * 2**30)
    for kind, value in (
        (resource.RLIMIT_AS, size + memory if LINUX and memory else resource.RLIM_INFINITY),
        (resource.RLIMIT_FSIZE, int(limits["disk_gb"] * 2**30)),
        (resource.RLIMIT_NOFILE, 1024),
        (resource.RLIMIT_CPU, int(limits["notebook_s"]) * 4 + 60),
        (resource.RLIMIT_CORE, 0),
        *([(resource.RLIMIT_NPROC, 256)] if request["isolated"] else []),
    ):
        most = resource.getrlimit(kind)[1]
        value = (
            value if most == resource.RLIM_INFINITY else most if value == resource.RLIM_INFINITY else min(value, most)
        )
        resource.setrlimit(kind, (value, value))
    app = IPKernelApp.instance()
    app.initialize(["-f", connection, "--HistoryManager.enabled=False"])

    async def handle(stream: Any, identity: Any, message: dict[str, Any]) -> None:
        content = message["content"]
        if "attach" in content:
            guard.attach(app.shell, app.kernel, request["solution_names"])
            answer = {}
        elif "enter" in content:
            answer = {"changes": guard.enter(content["enter"], content["names"])}
        else:
            changes, mark = guard.leave(content["leave"])
            answer = {"changes": changes, "mark": mark}
        app.kernel.session.send(stream, "guard_reply", answer, message, identity)

    app.kernel.shell_handlers["guard_request"] = handle
    app.start()


# Namespaces, through the C library: Python has os.unshare only since 3.12, and mount never.

LINUX = sys.platform == "linux"
NEW_NS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000


def libc(function: str, *args: Any) -> None:
    """Call a function of the C library. Raises OSError."""
    if getattr(ctypes.CDLL(None, use_errno=True), function)(*args) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{function}: {os.strerror(error)}")


def set_readonly(path: str, readonly: bool, recursive: bool = False) -> None:
    """mount_setattr(2): change one mount, or all below a path."""
    attributes = (ctypes.c_uint64 * 4)(int(readonly), int(not readonly), 0, 0)
    libc("syscall", 442, -100, path.encode(), 0x8000 if recursive else 0, attributes, 32)


def isolate(hide: list[str], keep: list[str], writable: list[str], disk_gb: float) -> None:
    """Go on in a world of its own: as process 1, without network, all files read-only, without rights to change that.

    Args:
        hide: folders in whose place lies an empty one in memory, which can be written to.
        keep: folders that stay visible inside the hidden ones.
        writable: those to keep that can be written to.

    Raises:
        OSError: this system does not allow it.
    """
    uid, gid = os.getuid(), os.getgid()
    libc("unshare", NEW_USER | NEW_NS | NEW_PID | NEW_NET | NEW_IPC)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"1000 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"1000 {gid} 1")
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
    libc("prctl", 1, signal.SIGKILL)  # die with the supervisor; process 1 takes all others along
    libc("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    libc("mount", b"proc", b"/proc", b"proc", 0, None)
    handles = {path: os.open(path, os.O_PATH) for path in dict.fromkeys([*keep, *writable]) if os.path.isdir(path)}
    set_readonly("/", True, recursive=True)
    waiting = sorted({os.path.realpath(path) for path in hide} - {"/"})

    def hide_in(parents: Iterable[str]) -> None:
        size = f"size={int(disk_gb * 1024)}m,mode=1777".encode()
        for path in list(waiting):
            if os.path.isdir(path) and any(path.startswith(parent) for parent in parents):
                libc("mount", b"tmpfs", path.encode(), b"tmpfs", 0, size)
                waiting.remove(path)

    hide_in("/")
    for path, handle in handles.items():
        if not os.path.exists(path) or not os.path.samestat(os.fstat(handle), os.stat(path)):
            os.makedirs(path, exist_ok=True)
            libc("mount", f"/proc/self/fd/{handle}".encode(), path.encode(), None, MS_BIND | MS_REC, None)
        elif path in writable:
            libc("mount", path.encode(), path.encode(), None, MS_BIND, None)
        if path in writable:
            set_readonly(path, False)
        os.close(handle)
    hide_in([f"{path}/" for path in handles])  # what came back with a folder that is kept
    libc("prctl", 38, 1, 0, 0, 0)  # no new privileges
    libc("capset", (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())


def supervised(action: Callable[[], None], seconds: float, stdin: Any = None) -> str:
    """Run `action` in a forked session of its own. Returns "finished", "killed" (too long) or "crashed"."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            if LINUX:
                libc("prctl", 1, signal.SIGKILL)  # die with the runner
            action()
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(70)
    deadline, how = time.monotonic() + seconds, ""
    while not how:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            how = "finished" if status == 0 else "crashed"
        elif time.monotonic() > deadline or (stdin and select.select([stdin], [], [], 0)[0]):  # or: grade is gone
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            how = "killed"
        else:
            time.sleep(0.01)
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)  # what is left of the session where there are no namespaces
    return how


def run(request: dict[str, Any], guard: Guard, write: Callable[[dict], None]) -> None:
    """One run, in the supervisor's process."""
    if request["isolated"]:
        isolate(request["hide"], request["keep"], request["writable"], request["limits"]["disk_gb"])
    folder = Path(request["folder"])
    for name in ("home", "tmp", "notebooks"):
        (folder / name).mkdir(parents=True)
    os.environ.update(HOME=str(folder / "home"), TMPDIR=str(folder / "tmp"), IPYTHONDIR=str(folder / "home/ipython"),
                      MPLCONFIGDIR=str(folder / "home/mpl"), LABUTILS_MODELS=str(folder / "models"))  # fmt: skip
    tempfile.tempdir = None
    if request["models"] in request["writable"]:
        os.environ["LABUTILS_MODELS"] = request["models"]
    elif os.path.isdir(request["models"]):
        shutil.copytree(request["models"], folder / "models")
    os.chdir(folder / "notebooks")
    kernel = ForkedKernel(folder, request, guard)
    if LINUX:
        libc("prctl", 4, 0)  # not dumpable: the kernel cannot look into this process
    (folder / "graded.ipynb").write_text(json.dumps(request["notebook"]), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    os.chdir(folder)
    sys.stdout = sys.stderr
    options = "-c pytest.ini --noconftest -q --tb=no -p no:cacheprovider -p no:faulthandler -p nbval.plugin"
    pytest.main([*options.split(), "graded.ipynb"], plugins=[Plugin(kernel, request["limits"], write)])


def main() -> None:
    """Load what the labs import, then serve requests until standard input ends."""
    settings = json.loads(sys.argv[1])
    requests, results = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    sys.path[:] = [
        settings["release"],
        *(path for path in sys.path if os.path.realpath(path) not in settings["not_path"]),
    ]
    # a graded kernel needs no debugger, which takes longer to load than all the rest
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    importlib.import_module("ipykernel.debugger")
    del sys.modules["debugpy"]
    for name in settings["modules"]:
        with suppress(ImportError):  # a name in a module, or something that the run itself will complain about
            importlib.import_module(name)
    if "labutils.data" in sys.modules:
        sys.modules["labutils.data"].mnist_loaders(1000)  # read the digits once for all runs
    guard = Guard()
    gc.collect()
    gc.freeze()  # or every run would copy most of this process's memory, only to look for garbage in it

    def write(record: dict[str, Any]) -> None:
        results.write(json.dumps(record) + "\n")
        results.flush()

    def probe() -> None:
        isolate([tempfile.gettempdir()], [], [], 0.01)

    isolated = LINUX and settings["isolate"] and supervised(probe, 30) == "finished"
    write({"isolated": isolated})
    for line in requests:
        request = json.loads(line) | {"isolated": isolated}
        begun = time.monotonic()
        how = supervised(partial(run, request, guard, write), request["limits"]["notebook_s"] + 60, requests)
        shutil.rmtree(request["folder"], ignore_errors=True)
        results.write("\n")
        write({"end": how, "seconds": round(time.monotonic() - begun, 2)})


if __name__ == "__main__":
    main()
