"""The order of turns, without threads: whoever has the turn gives it back, and the next one is told."""

from diffviz.ui.queueing import FIRST_PICTURE, LONG, QUICK, QUICK_BEFORE_LONG, FairQueue, Place


def turns(queue, places):
    """The order in which these, which all wait, have their turns, each a little longer than the one before it."""
    order = []
    while len(order) < len(places):
        (place,) = (each for each in places if each.turn.is_set() and each not in order)
        place.since -= 1.0 + 0.1 * len(order)  # seconds
        order.append(place)
        queue.give_back(place)
    return order


def waiting(queue, *places):
    """The same queue, in which they wait."""
    first = Place(LONG, -1)
    queue.enter(first)
    for place in places:
        queue.enter(place)
    queue.give_back(first)
    return queue


def test_within_an_address_first_pictures_go_first_then_those_that_came_first_then_long_ones():
    long, late, early, first = Place(LONG, 0), Place(QUICK, 2), Place(QUICK, 1), Place(FIRST_PICTURE, 3)
    queue = waiting(FairQueue(1), long, late, early, first)
    assert [queue.before(place) for place in (late, long)] == [1, 2]  # first, which has its turn, waits no longer
    assert turns(queue, [long, late, early, first]) == [first, early, late, long]


def test_addresses_take_turns_however_much_one_asks():
    greedy, other = [Place(QUICK, number, "greedy") for number in range(5)], [Place(QUICK, 9, "other"), Place(QUICK, 10, "other")]
    order = turns(waiting(FairQueue(1), *greedy, *other), [*greedy, *other])
    assert [place.address for place in order] == ["greedy", "other", "greedy", "other", "greedy", "greedy", "greedy"]


def test_a_long_one_that_had_a_turn_goes_before_other_long_ones_and_one_in_so_many_turns_is_long():
    quick = [Place(QUICK, number) for number in range(2 * QUICK_BEFORE_LONG)]
    new, begun = Place(LONG, -1, "new"), Place(LONG, 99, began=True)
    order = turns(waiting(FairQueue(1), new, begun, *quick), [new, begun, *quick])
    assert [order.index(place) for place in (begun, new)] == [QUICK_BEFORE_LONG, 2 * QUICK_BEFORE_LONG + 1]


def test_of_several_turns_one_is_never_a_long_one_s():
    queue, long, quick = FairQueue(2), [Place(LONG, 0), Place(LONG, 1)], Place(QUICK, 2)
    for place in (*long, quick):
        queue.enter(place)
    assert [place.turn.is_set() for place in (*long, quick)] == [True, False, True]
    queue.give_back(quick)
    assert not long[1].turn.is_set()
    queue.give_back(long[0])
    assert long[1].turn.is_set()


def test_who_leaves_gives_back_a_turn_that_was_just_handed_out():
    queue, places = FairQueue(1), [Place(QUICK, number) for number in range(3)]
    for place in places:
        queue.enter(place)
    queue.leave(places[1])
    queue.leave(places[0])
    assert places[2].turn.is_set()
    assert queue.state()[:2] == (0, 1)
