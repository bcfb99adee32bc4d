"""The world that a run lives in: namespaces of its own, and a file system that holds only what is named."""

import ctypes
import os
import platform
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

NEW_NS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x1000, 0x4000, 0x40000, 2
KEYCTL = {"x86_64": 250, "aarch64": 219}

# what every program needs
SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store"]
SYSTEM += ["/etc/alternatives", "/etc/fonts", "/etc/ssl/certs", "/etc/ld.so.cache", "/etc/localtime"]
SYSTEM += ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]
FILES = 100_000  # that a run may have at a time


def libc(function: str, *args: Any) -> None:
    """Call a function of the C library. Raises OSError."""
    if getattr(ctypes.CDLL(None, use_errno=True), function)(*args) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{function}: {os.strerror(error)}")


def isolate(root: str, keep: Iterable[str], hide: Iterable[str], disk_gb: float) -> None:
    """Go on as process 1 of a world without network, whose files go with it. Raises OSError where none can be had.

    The new file system is put together in the empty folder `root`, which is `/` afterwards. What exists of `keep` is
    there to read. Folders to `hide` are empty even inside one that is kept; `keep` goes on inside them. Elsewhere
    `disk_gb` may be written in all.
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
    with suppress(OSError, KeyError):
        libc("syscall", KEYCTL[platform.machine()], 1, None)  # a keyring of its own
    libc("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    _tmpfs(root, f"size={int(disk_gb * 1024)}m,nr_inodes={FILES},mode=755")
    _furnish(root, [*SYSTEM, *keep], hide)
    libc("mount", b"proc", f"{root}/proc".encode(), b"proc", 0, None)
    Path(f"{root}/proc/sys/user/max_user_namespaces").write_text("0")  # no world inside this one
    _set_readonly(f"{root}/proc")
    os.chdir(root)
    libc("pivot_root", b".", b".")
    libc("umount2", b".", MNT_DETACH)
    os.chdir("/")
    libc("prctl", 38, 1, 0, 0, 0)  # no new privileges
    libc("capset", (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())


def _furnish(root: str, keep: list[str], hide: Iterable[str]) -> None:
    for folder in ("/proc", "/dev/shm", "/tmp", "/var/tmp", "/run"):
        os.makedirs(root + folder)
    Path(f"{root}/dev/fd").symlink_to("/proc/self/fd")
    os.makedirs(f"{root}/etc")
    Path(f"{root}/etc/passwd").write_text("student:x:1000:1000::/lab/home:/bin/sh\n")
    shown = {os.path.realpath(path): path for path in keep if os.path.exists(path)}
    hidden = {os.path.realpath(path) for path in hide} - shown.keys()
    for path in sorted({*shown, *hidden}):  # what lies inside comes after what it lies in
        target = root + path
        if path in shown:
            os.makedirs(target if os.path.isdir(path) else os.path.dirname(target), exist_ok=True)
            if not os.path.exists(target):
                Path(target).touch()
            libc("mount", path.encode(), target.encode(), None, MS_BIND | MS_REC, None)
            _set_readonly(target)
        elif os.path.isdir(target):
            _tmpfs(target, "size=1m,mode=755")
    for path, name in shown.items():
        if path != name and not os.path.lexists(root + name):
            os.makedirs(os.path.dirname(root + name), exist_ok=True)
            os.symlink(path, root + name)
    for path in hidden:
        if os.path.ismount(root + path):
            _set_readonly(root + path)


def _tmpfs(path: str, options: str) -> None:
    libc("mount", b"tmpfs", path.encode(), b"tmpfs", 0, options.encode())


def _set_readonly(path: str) -> None:
    """mount_setattr(2), for a mount and all below it."""
    libc("syscall", 442, -100, path.encode(), 0x8000, (ctypes.c_uint64 * 4)(1, 0, 0, 0), 32)
