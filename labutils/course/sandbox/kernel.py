"""The kernel of a run, forked from the warm process, and how it is spoken to."""

import multiprocessing
import os
import secrets
import signal
import time
from pathlib import Path
from queue import Empty
from typing import Any

import psutil
from guard import Guard
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from limits import limit_process
from nbval.kernel import RunningKernel

ANSWER_S = 20  # for what takes a kernel milliseconds: the guard's answer, the assertion that must fail


class Stopped(Exception):
    """The kernel died, or had to be killed: "died" or "hung", and a sentence."""


class ForkedKernel(RunningKernel):
    """nbval's kernel, forked from this process before it knows anything of the notebook.

    Outputs are not listened to: what counts is the kernel's reply to a request.
    """

    def __init__(self, folder: Path, limits: dict[str, Any], solution_names: list[str]) -> None:
        connection = str(folder / "kernel.json")
        write_connection_file(connection, transport="ipc", ip=str(folder / "k"), key=secrets.token_hex(16).encode())
        fork = multiprocessing.get_context("fork")
        self.process = fork.Process(target=_run_kernel, args=[connection, limits, solution_names])
        self.process.start()
        self.pid: Any = self.process.pid
        self.kc = BlockingKernelClient(connection_file=connection)
        self.kc.load_connection_file()
        self.kc.start_channels(iopub=False, stdin=False, hb=False, control=False)
        self.reply(self.kc.kernel_info(), 60)

    def is_alive(self) -> bool:
        return self.process.is_alive()

    def computed(self) -> float:
        """Seconds of processor time that the kernel has used."""
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:  # it died between two cells
            return 0.0
        return times.user + times.system

    def execute(self, code: str, seconds: float, grace: float = 5.0) -> dict[str, Any]:
        """Run code; the content of the reply. `status` is "ok", "error" or "timeout".

        After `seconds` it is interrupted. Raises Stopped if it does not stop in `grace` seconds, or the kernel died.
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

    def guard(self, call: str, role: str, names: list[str]) -> dict[str, Any]:
        """Let the guard `enter` or `leave` a cell; its reply."""
        message = self.kc.session.msg("guard_request", {"call": call, "role": role, "names": names})
        self.kc.shell_channel.send(message)
        return self.reply(message["header"]["msg_id"], ANSWER_S)

    def reply(self, message: str, seconds: float) -> dict[str, Any]:
        """Wait for a reply in slices of a second, looking after the kernel. Other messages buy it no time.

        Raises TimeoutError (no reply in time) or Stopped (the kernel died).
        """
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            try:
                answer = self.kc.get_shell_msg(timeout=max(0.01, min(1.0, left)))
                if answer["parent_header"].get("msg_id") == message:
                    return answer["content"]
            except Empty:
                if not self.is_alive():
                    raise Stopped("died", "The kernel died: killed, crashed or out of memory.") from None
            if left <= 0:
                raise TimeoutError

    def stop(self) -> None:
        """Kill the kernel, and wait for it, so that its time counts as ours."""
        self.process.kill()
        self.process.join()
        self.kc.stop_channels()


def _run_kernel(connection: str, limits: dict[str, Any], solution_names: list[str]) -> None:
    """In the kernel's process: limits, then ipykernel with the guard's message handler."""
    os.setsid()
    os.dup2(1, 2)  # not the log of the warm process, which outlives the run
    os.closerange(3, 65536)  # the pipe of the results and the notebook above all
    limit_process(limits)
    app = IPKernelApp.instance()
    app.initialize(["-f", connection, "--HistoryManager.enabled=False"])
    guard = Guard(app.shell, solution_names)

    async def handle(stream: Any, identity: Any, message: dict[str, Any]) -> None:
        content = message["content"]
        call = {"enter": guard.enter, "leave": guard.leave}[content["call"]]
        app.kernel.session.send(stream, "guard_reply", call(content["role"], content["names"]), message, identity)

    app.kernel.shell_handlers["guard_request"] = handle
    try:
        app.start()
    finally:
        os._exit(1)
