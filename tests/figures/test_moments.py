import numpy as np
import pytest

from diffviz.figures.moments import SEEN_LOG_SNR, Cell, Moment, columns, story, visited
from tests.figures.runs import points


def test_a_film_of_few_visited_times_shows_every_forward_time_and_on_the_way_back_only_those():
    moments = story([points(100, [100, 50, 0])], [100], 40)
    forth = [moment.times[0] for moment in moments if not moment.back]
    assert (len(forth), forth[0], forth[-1]) == (40, 0, 100)
    assert (np.diff(forth) > 0).all()
    assert moments[40:] == [Moment(True, (100,)), Moment(True, (50,)), Moment(True, (0,))]


@pytest.mark.parametrize("steps", [2, 3, 1000])
def test_no_time_comes_twice(steps):
    moments = story([points(steps)], [steps], 40)
    for back in (False, True):
        times = [moment.times[0] for moment in moments if moment.back == back]
        assert len(set(times)) == len(times) == min(steps + 1, 40)


def test_of_two_runs_each_shows_times_of_its_own():
    moments = story([points(100, [100, 50, 0]), points(3)], [100, 3], 120)
    assert [moment.times for moment in moments if moment.back] == [(100, 3), (50, 2), (50, 1), (0, 0)]
    forth = [moment.times for moment in moments if not moment.back]
    assert [one for one, _ in forth] == list(range(101))  # the run with the most times moves at every moment
    assert {other for _, other in forth} == {0, 1, 2, 3}


def test_a_run_that_turns_back_early_goes_no_further():
    moments = story([points(100, [50, 25, 0])], [50], 1000)
    assert max(moment.times[0] for moment in moments) == 50


def test_a_time_that_is_not_visited_has_no_reverse_picture():
    assert visited(points(100, [100, 50, 0]), 50) == 1
    with pytest.raises(ValueError, match="not enough values"):
        visited(points(100, [100, 50, 0]), 40)


def times(row):
    return [cell and cell.t for cell in row]


def test_columns_are_even_in_log_snr_between_data_and_noise():
    run = points(1000)
    (row,) = columns([run], [1000], 6)
    assert (row[0], row[-1]) == (Cell(0, True), Cell(1000, True))
    levels = run.log_snr[times(row)[1:-1]]
    high, low = min(SEEN_LOG_SNR[0], run.log_snr[1]), SEEN_LOG_SNR[1]
    np.testing.assert_allclose(levels, np.linspace(high, low, 6)[1:-1], atol=0.2)


def test_times_that_are_visited_come_first_and_each_once():
    (row,) = columns([points(100, [100, 50, 0])], [100], 6)
    assert [cell.t for cell in row if cell.visited] == [0, 50, 100]
    assert len(row) == 6
    assert sorted(set(times(row))) == times(row)


@pytest.mark.parametrize("steps", [2, 3, 4])
def test_a_short_run_has_a_column_for_every_time(steps):
    (row,) = columns([points(steps)], [steps], 6)
    assert row == [Cell(t, True) for t in range(steps + 1)]


def test_the_last_time_is_shown_even_where_the_reverse_process_begins_below_it():
    (row,) = columns([points(100, [90, 45, 0])], [100], 6)
    assert row[-1] == Cell(100, False)
    assert Cell(90, True) in row
    (row,) = columns([points(100, [50, 25, 0])], [50], 6)
    assert row[-1] == Cell(50, True)


def test_the_same_noise_level_stands_below_one_another():
    one, other = columns([points(1000), points(3)], [1000, 3], 6)
    assert len(one) == len(other) == 6
    assert [t for t in times(other) if t is not None] == [0, 1, 2, 3]
    for cell, below in list(zip(one, other, strict=True))[1:-1]:
        if below is not None:
            assert abs(points(1000).log_snr[cell.t] - points(3).log_snr[below.t]) < 2.6
