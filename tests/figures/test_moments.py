import numpy as np
import pytest

from diffviz.figures.moments import Moment, story, visited
from tests.figures.test_export import made


def test_a_film_of_few_visited_times_shows_every_forward_time_and_on_the_way_back_only_those():
    moments = story([made(100, [100, 50, 0])], 40)
    forth = [moment.times[0] for moment in moments if not moment.back]
    assert (len(forth), forth[0], forth[-1]) == (40, 0, 100)
    assert (np.diff(forth) > 0).all()
    assert moments[40:] == [Moment(True, (100,)), Moment(True, (50,)), Moment(True, (0,))]


@pytest.mark.parametrize("steps", [2, 3, 1000])
def test_no_time_comes_twice(steps):
    moments = story([made(steps)], 40)
    for back in (False, True):
        times = [moment.times[0] for moment in moments if moment.back == back]
        assert len(set(times)) == len(times) == min(steps + 1, 40)


def test_of_two_runs_each_shows_times_of_its_own():
    a, b = made(100, [100, 50, 0]), made(3)
    moments = story([a, b], 120)
    assert all(set(moment.times[:1]) <= {0, 50, 100} for moment in moments if moment.back)
    assert [moment.times for moment in moments if moment.back] == [(100, 3), (50, 2), (50, 1), (0, 0)]
    forth = [moment.times for moment in moments if not moment.back]
    assert [one for one, _ in forth] == list(range(101))  # the run with the most times moves at every moment
    assert {other for _, other in forth} == {0, 1, 2, 3}


def test_a_run_that_turns_back_early_goes_no_further():
    moments = story([made(100, [50, 25, 0])], 1000)
    assert max(moment.times[0] for moment in moments) == 50


def test_a_time_that_is_not_visited_has_no_reverse_picture():
    assert visited(made(100, [100, 50, 0]), 50) == 1
    with pytest.raises(ValueError, match="not enough values"):
        visited(made(100, [100, 50, 0]), 40)
