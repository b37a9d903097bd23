"""Kinds of data. To add one, write its folder here and its folder in views/, and add its row to the tables."""

from __future__ import annotations

from diffviz.checkpoints import register
from diffviz.domains.base import Domain
from diffviz.domains.graphs.domain import GRAPHS
from diffviz.domains.heartbeat.domain import HEARTBEAT
from diffviz.domains.pictures.domain import PICTURES
from diffviz.domains.plane.domain import PLANE
from diffviz.domains.words.domain import WORDS

DOMAINS: dict[str, Domain] = {domain.name: domain for domain in (PLANE, PICTURES, HEARTBEAT, WORDS, GRAPHS)}
DATASETS = {name: row for domain in DOMAINS.values() for name, row in domain.datasets.items()}
DEFAULT_DATASET = "eight_gaussians"
_DOMAIN_OF = {name: domain for domain in DOMAINS.values() for name in domain.datasets}

for _domain in DOMAINS.values():
    for _row in _domain.training.values():
        register(_row.format)


def network_title(name: str) -> str:
    """Of a checkpoint, by the data in its name and by what stands there else, such as “Swiss roll, 2015”."""
    data = max((dataset for dataset in DATASETS if name == dataset or name.startswith(f"{dataset}_")), key=len, default="")
    if not data:
        return name
    rest = name.removeprefix(data).strip("_").replace("_", " ")
    return DATASETS[data].title + (f", {rest}" if rest else "")


def domain_of(dataset: str) -> Domain:
    """Whose data set it is. Raises KeyError for an unknown name."""
    return _DOMAIN_OF[dataset]


def trainable(dataset: str) -> bool:
    """Can a network be trained on these data?"""
    try:
        _DOMAIN_OF[dataset].training["network"].format.recipe(dataset=dataset)
    except ValueError:
        return False
    return True
