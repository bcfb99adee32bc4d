"""The kernel of a run, forked from the warm process, and how it is spoken to."""

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

    def __init__(self, folder: Path, limits: dict[str, Any], solution_names: list[str]) -> None:
        connection = str(folder / "kernel.json")
        write_connection_file(connection, transport="ipc", ip=str(folder / "k"), key=secrets.token_hex(16).encode())
        self.ended, self.pid = False, os.fork()
        if self.pid == 0:
            try:
                _run_kernel(connection, limits, solution_names)
            finally:
                os._exit(1)
        self.kc = BlockingKernelClient(connection_file=connection)
        self.kc.load_connection_file()
        self.kc.start_channels(iopub=False, stdin=False, hb=False, control=False)
        self.reply(self.kc.kernel_info(), 60)

    def is_alive(self) -> bool:
        """Whether the kernel runs."""
        self.ended = self.ended or os.waitpid(self.pid, os.WNOHANG) != (0, 0)
        return not self.ended

    def computed(self) -> float:
        """Seconds of processor time that the kernel has used."""
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return times.user + times.system

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
        """Wait for a reply in slices of a second, looking after the kernel. Other messages buy it no time.

        Raises:
            TimeoutError: no reply in time.
            Stopped: the kernel died.
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
        """Kill the kernel."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)  # so that its time counts as ours
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
        if "enter" in content:
            answer = {"changes": guard.enter(content["enter"], content["names"])}
        else:
            changes, mark = guard.leave(content["leave"], content["names"])
            answer = {"changes": changes, "mark": mark}
        app.kernel.session.send(stream, "guard_reply", answer, message, identity)

    app.kernel.shell_handlers["guard_request"] = handle
    app.start()
