"""Runs notebooks that nobody trusts. A program of its own: it imports the released `labutils`, never `course`.

server ── fork ── supervisor ── fork ── pytest (process 1 of its world) ── fork ── kernel

`namespaces` makes the world, `limits` what it may use, `plugin` runs nbval's cells, `guard` sits in the kernel.
"""

import os

if not hasattr(os, "fork"):
    raise ImportError("The teacher's tools need Linux or macOS. On Windows use WSL.")
