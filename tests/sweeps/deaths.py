"""What stands in for a run where workers are to die. It imports nothing that takes time, since a new worker imports it again."""

import os
import pathlib
import signal


def dies(marker, fields):
    """The worker's process; with the run of seed 1 the worker dies, and if there is a marker, once."""
    if fields["seed"] == 1 and not (marker and pathlib.Path(marker).exists()):
        if marker:
            pathlib.Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"pid": os.getpid()}
