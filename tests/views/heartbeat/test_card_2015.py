"""The card of the 2015 paper's network of heartbeats."""

from diffviz import Experiment, checkpoints
from diffviz.domains.heartbeat.domain import HEARTBEAT
from diffviz.engine import Setup

ROOT = HEARTBEAT.training["network_2015"].root


def test_the_link_of_the_card_opens_a_run():
    loaded = checkpoints.load("heartbeat_2015", ROOT)
    text = (ROOT / loaded.name / "README.md").read_text(encoding="utf-8")
    (query,) = (line.strip() for line in text.splitlines() if line.startswith("    ?"))
    Setup(Experiment.from_query(query, strict=True)).prepare()
