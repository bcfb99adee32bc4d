"""The teacher's tools: `python -m labutils.course release` makes the student edition, `... grade` grades a class.

Pure, without processes; each imports only what stands above it:

    syntax      the names that a cell binds and reads
    cells       solved notebooks as cells with a role, and what students get of each
    collect     the files of a class, whatever layout they come in (read in a process apart)
    rebuild     the notebooks that are run: the course's cells with the student's solutions in them
    edition     the student edition of a notebook
    scan        what honest work never needs, found in the code
    score       from the records of runs to points and reasons to look
    report      tables and pages

What runs them:

    sandbox     the process that runs notebooks, isolated: a program of its own
    runs        one notebook: warm processes of the sandbox, and again without the cell that killed a kernel
    grade       from submissions to results, in parallel
    release     the folder that is published, proved by running

Everything is read from the notebooks' nbgrader metadata, so a new lab needs no change here.
"""
