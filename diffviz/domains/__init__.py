"""Kinds of data. To add one, write its folder here and its folder in views/, and add its row to the tables."""

from __future__ import annotations

from diffviz.checkpoints import register
from diffviz.domains.base import Domain
from diffviz.domains.heartbeat.domain import HEARTBEAT
from diffviz.domains.pictures.domain import PICTURES
from diffviz.domains.plane.domain import PLANE

DOMAINS: dict[str, Domain] = {domain.name: domain for domain in (PLANE, PICTURES, HEARTBEAT)}
DATASETS = {name: row for domain in DOMAINS.values() for name, row in domain.datasets.items()}
DEFAULT_DATASET = "eight_gaussians"
_DOMAIN_OF = {name: domain for domain in DOMAINS.values() for name in domain.datasets}

for _domain in DOMAINS.values():
    for _row in _domain.training.values():
        register(_row.format)


def domain_of(dataset: str) -> Domain:
    """Whose data set it is. Raises KeyError for an unknown name."""
    return _DOMAIN_OF[dataset]
