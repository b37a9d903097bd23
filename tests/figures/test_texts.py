import pytest

from diffviz.figures.texts import in_lines


def test_figures_take_more_room_than_other_letters_and_no_line_ends_beside_a_sign():
    assert len(in_lines("0000 " * 100, 9.0, 6.0)) > len(in_lines("till " * 100, 9.0, 6.0)) > 1
    assert in_lines("t = 5 1 ± 2", 9.0, 0.1) == ["t\u00a0=\u00a05", "1\u00a0±\u00a02"]


@pytest.mark.parametrize("wide", [0.5, 2.0, 1000.0])
def test_lines_have_all_words_in_their_order(wide):
    text = "negative ELBO 32.495 − entropy 31.594 nats a graph"
    lines = in_lines(text, 9.0, wide)
    assert " ".join(lines) == text
    assert (len(lines) == 1) == (wide > 100.0)
