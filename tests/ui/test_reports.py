"""The time that reports may take, and the thinning of losses."""

import pytest

from diffviz.ui import reports
from diffviz.ui.reports import MOST_LOSSES, TimeShare, _thinned


@pytest.fixture
def clock(monkeypatch):
    """The seconds that a report is under way; set by the test."""
    now = [0.0]
    monkeypatch.setattr(reports.time, "perf_counter", lambda: now[0])
    return now


def test_what_has_taken_its_share_waits_until_so_much_is_trained(clock):
    share = TimeShare(0.1)
    assert share.due
    with share.taken():
        clock[0] += 2.0
    assert not share.due
    share.trained(19.0)
    assert not share.due
    share.trained(1.0)
    assert share.due


def test_time_that_was_not_taken_is_not_saved_and_reports_that_a_page_waits_for_delay_no_later_one_for_long(clock):
    share = TimeShare(0.1)
    share.trained(1000.0)
    for _ in range(50):
        with share.taken():
            clock[0] += 1.0
    share.trained(19.9)
    assert not share.due
    share.trained(0.2)
    assert share.due


def test_losses_are_means_of_as_many_batches_each():
    losses = [float(i) for i in range(10)]
    assert _thinned(losses, MOST_LOSSES) == (losses, 1)
    assert _thinned(losses, 3 * MOST_LOSSES + 1) == ([1.5, 5.5, 8.5], 4)
