"""Mathematics as it is typed becomes HTML."""

import pytest

from diffviz.telling.typeset import formula, prose


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("the score of x_t is high", "the score of <i>x</i><sub>t</sub> is high"),
        ("x_39 and x_{t−1}", "<i>x</i><sub>39</sub> and <i>x</i><sub>t−1</sub>"),
        ("x̂_0 is a mean", "<i>x̂</i><sub>0</sub> is a mean"),
        ("SNR_T = 0", "SNR<sub>T</sub> = 0"),
        ("r_t^2", "<i>r</i><sub>t</sub><sup>2</sup>"),
        ("3 · 10<sup>−7</sup> &lt; x", "3 · 10<sup>−7</sup> &lt; x"),
        ("T steps of a chain", "T steps of a chain"),
        ("<i>x</i><sub>0</sub>", "<i>x</i><sub>0</sub>"),
    ],
)
def test_in_a_sentence_letters_with_an_index_are_set(typed, told):
    assert prose(typed) == told


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            "x_t = α_t x_0 + σ_t ε",
            " = ".join(["<i>x</i><sub>t</sub>", "<i>α</i><sub>t</sub> <i>x</i><sub>0</sub> + <i>σ</i><sub>t</sub> <i>ε</i>"]),
        ),
        ("KL(q ‖ p) ≥ 0", "KL(<i>q</i> ‖ <i>p</i>) ≥ 0"),
        ("Σ w_k, &nbsp; s &lt; t", "Σ <i>w</i><sub>k</sub>, &nbsp; <i>s</i> &lt; <i>t</i>"),
        ("η√β̃ z", "<i>η</i>√<i>β̃</i> <i>z</i>"),
        ("½ ∫ MMSE", "½ ∫ MMSE"),
    ],
)
def test_in_a_formula_letters_that_stand_alone_are_set_as_well(typed, told):
    assert formula(typed) == told
