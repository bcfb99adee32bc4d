"""The teacher's tools: `python -m labutils.course release` makes the student edition, `... grade` grades a class.

    notebooks   cells and their roles; the student edition of a cell; reading what students hand in
    release     the folder that is published
    collect     the files of a class, whatever layout they come in
    rebuild     the notebook that is run: the course's cells with the student's solutions in them
    scan        what honest work never needs, found in the code
    further     the runs after the first: without extra cells, and with the course's solutions
    sandbox     the process that runs notebooks, isolated: a program of its own
    runs        one notebook: warm processes of the sandbox, and again without the cell that killed a kernel
    score       from the records of runs to points and reasons to look
    grade       from submissions to results, in parallel
    report      tables and pages

Everything is read from the notebooks' nbgrader metadata, so a new lab needs no change here.
"""
