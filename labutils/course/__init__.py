"""The teacher's tools: `python -m labutils.course release` makes the student edition, `... grade` grades a class.

The first line of each module says what it does. Pure are syntax, cells, rebuild, collect (which reads in a process
apart, with limits of the sandbox), edition, scan, score and report. The sandbox is a program of its own; runs, grade
and release let it run notebooks. Each imports only what stands before it here.

Everything is read from the notebooks' nbgrader metadata, so a new lab needs no change here.
"""

import sys

# notebooks are checked against a schema without web addresses; what knows their grammar takes seconds to load
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
