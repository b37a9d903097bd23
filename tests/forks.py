"""Processes that may be killed or limited: each is forked from one that has imported diffviz, in milliseconds, where a new Python
takes seconds."""

import multiprocessing
import os
import signal
import sys

FORKS = multiprocessing.get_context("forkserver" if sys.platform != "win32" else "spawn")
if sys.platform != "win32":
    FORKS.set_forkserver_preload(["diffviz.__main__", "torch._dynamo"])  # the other is what the first optimiser imports


def _begin(body, arguments, said):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # though these tests run in the background
    for stream, path in zip((sys.stdout, sys.stderr), said, strict=True):
        with open(path, "wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.exit(body(*arguments))


def forked(body, *arguments, stdout=os.devnull, stderr=os.devnull):
    """The process, which has begun: body(*arguments) gives its exit code. stdout, stderr: paths of what it says there."""
    process = FORKS.Process(target=_begin, args=(body, arguments, (stdout, stderr)), daemon=True)
    process.start()
    return process
