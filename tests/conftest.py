import gc
import json
import logging

import pytest
import torch
from hypothesis import Phase, settings

from diffviz.__main__ import main

torch.set_num_threads(1)  # the tensors are small: on a busy machine threads that wait for each other cost up to tenfold

# The same examples every time: a test that turns red was turned by a change.
settings.register_profile("diffviz", deadline=None, derandomize=True, phases=set(Phase) - {Phase.explain})
settings.load_profile("diffviz")


def pytest_collection_finish():
    """What is there by then stays: the collector need not go through its 700 000 objects again and again."""
    gc.collect()
    gc.freeze()
    for name, logger in logging.root.manager.loggerDict.items():  # pytest puts its handlers into each that does not propagate,
        if name.startswith("torch") and isinstance(logger, logging.Logger):  # forty of torch's, six times a test
            logger.propagate = True


@pytest.fixture
def ask(capsys):
    """The JSON that a command answers with."""

    def ask(*arguments):
        assert main([*arguments]) == 0
        return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)

    return ask


@pytest.fixture
def refused(capsys):
    """The one line on standard error with which a command refuses."""

    def refused(*arguments):
        assert main([*arguments]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1, printed.err
        assert 5 < len(printed.err) < 500
        return printed.err.rstrip("\n")

    return refused


@pytest.fixture
def kept_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
