"""The cards of all trained networks that are shipped."""

import pytest

from diffviz import checkpoints
from diffviz.domains import DOMAINS
from diffviz.exports import training_command
from diffviz.views import view

FORMATS = {row.format.recipe: (domain, name) for domain, rows in DOMAINS.items() for name, row in rows.training.items()}
CARDS = sorted(checkpoints.CHECKPOINTS.glob("**/README.md"))


def test_there_are_cards_of_every_kind_of_network():
    shipped = {type(checkpoints.load(path.parent.name, path.parents[1]).recipe) for path in CARDS}
    assert shipped == FORMATS.keys()


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_a_card_says_what_the_configuration_says_and_which_command_trains_it_again(path):
    loaded, text = checkpoints.load(path.parent.name, path.parents[1]), path.read_text(encoding="utf-8")
    domain, name = FORMATS[type(loaded.recipe)]
    assert text == view(domain).cards[name].card(loaded.recipe, loaded.measured, float(text.rsplit(":", 1)[1]))
    assert f"\n    {training_command(loaded.recipe)}\n" in text
