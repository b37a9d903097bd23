import threading
import time
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from diffviz.caching import bounded, size_of


@dataclass(eq=False)
class Holder:
    values: object


@pytest.mark.parametrize(
    "thing",
    [
        np.zeros(125_000),
        np.zeros((1000, 125))[0],  # a view keeps the whole array
        torch.zeros(250_000),
        torch.zeros(10, 25_000)[3],
        torch.zeros(250_000).numpy(),
        torch.from_numpy(np.zeros(125_000))[:5],
        [np.zeros(125_000)] * 3,  # one array, three times
        {"a": Holder((np.zeros(100_000), "x" * 200_000))},
        torch.nn.Linear(499, 500),
    ],
)
def test_the_size_of_a_thing_is_what_it_keeps_in_memory(thing):
    assert size_of(thing) == pytest.approx(1_000_000, rel=0.02)


def test_numbers_and_texts_in_containers_count():
    assert size_of([float(i) for i in range(1000)]) == pytest.approx(1000 * (24 + 8), rel=0.15)
    assert size_of("x" * 1000) >= 1000
    assert size_of(None) == 0


def test_a_bounded_function_keeps_no_more_bytes_than_its_bound_and_forgets_the_least_recently_used():
    made = []

    @bounded(3_500_000)
    def zeros(name):
        made.append(name)
        return np.zeros(125_000)

    for name in "abcabcadab":  # d pushes b out
        zeros(name)
    assert "".join(made) == "abcdb"
    assert zeros.cache_info().currsize <= 3_500_000


def test_a_result_larger_than_the_bound_is_returned_and_not_kept():
    made = []

    @bounded(1000)
    def large():
        made.append(1)
        return np.zeros(1000)

    assert len(large()) == len(large()) == 1000
    assert len(made) == 2


def test_threads_that_ask_for_the_same_at_once_compute_it_once():
    made, found = [], []

    @bounded(10_000_000)
    def slow(name):
        made.append(name)
        time.sleep(0.05)
        return np.zeros(10)

    threads = [threading.Thread(target=lambda: found.append(slow("a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["a"]
    assert len({id(each) for each in found}) == 1
