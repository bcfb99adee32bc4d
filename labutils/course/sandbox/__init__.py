"""Runs notebooks that nobody trusts. A program of its own: it imports the released `labutils`, never `course`.

server      the warm process: loads the course's libraries once, forks for every run
namespaces  the world that a run lives in: what is in it is named one by one
limits      memory, processes and files of a run
kernel      the kernel of a run, forked from the warm process
plugin      nbval's cells, run by that kernel
guard       inside the kernel: puts back what student code changed

server ── fork ── supervisor ── fork ── pytest (process 1 of its world) ── fork ── kernel
"""

import os

if not hasattr(os, "fork"):
    raise ImportError("The teacher's tools need Linux or macOS. On Windows use WSL.")
