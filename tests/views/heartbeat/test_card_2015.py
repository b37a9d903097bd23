"""The card of the 2015 paper's network of heartbeats."""

from diffviz import Experiment, checkpoints
from diffviz.domains.heartbeat.domain import HEARTBEAT
from diffviz.engine import Setup
from diffviz.exports import training_command
from diffviz.views.heartbeat import card_2015

ROOT = HEARTBEAT.training["network_2015"].root


def test_the_shipped_card_says_what_its_configuration_says_and_its_link_opens_a_run():
    loaded = checkpoints.load("heartbeat_2015", ROOT)
    text = (ROOT / loaded.name / "README.md").read_text(encoding="utf-8")
    assert text == card_2015.card(loaded.recipe, loaded.measured, float(text.rsplit(":", 1)[1]))
    assert training_command(loaded.recipe) == "python -m diffviz train --dataset heartbeat --network-2015"
    (query,) = (line.strip() for line in text.splitlines() if line.startswith("    ?"))
    Setup(Experiment.from_query(query, strict=True)).prepare()
