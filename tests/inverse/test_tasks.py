"""How a run in the plane is conditioned where it does not say how."""

from __future__ import annotations

import pytest

from diffviz.experiment import Experiment, ExperimentError
from diffviz.inverse.tasks import IMAGE_CONDITIONS, POINT_CONDITIONS, POINT_MEASURED

NAMED = [name for name in POINT_MEASURED if name != "none"]


@pytest.mark.parametrize("measurement", NAMED)
def test_with_the_exact_denoiser_it_is_the_closed_form_whatever_the_sampler_and_in_a_link(measurement):
    for sampler in ("ancestral", "ddim"):
        found = Experiment.from_query(f"?measurement={measurement}&sampler={sampler}")
        assert found.condition == "exact"
        assert found == Experiment(measurement=measurement, sampler=sampler)
        assert Experiment.from_query(found.to_query()) == found
    assert Experiment.from_query(f"?measurement={measurement}&condition=multiplied").condition == "multiplied"


def test_a_network_takes_the_first_way_that_works_with_it():
    found = Experiment(measurement="ring", denoiser="learned")
    assert found.condition == next(name for name, row in POINT_CONDITIONS.items() if row.denoisers is None) == "multiplied"
    with pytest.raises(ExperimentError, match="denoiser must be exact with Exact"):
        Experiment(measurement="ring", denoiser="learned", sampler="ddim")  # of which no way is known


def test_a_row_says_what_it_works_with_as_it_refuses():
    assert IMAGE_CONDITIONS["replace"].only == {"measurement": ("inpaint",)}
    assert POINT_CONDITIONS["exact"].only == {"denoiser": ("exact",)}
    for name, row in POINT_CONDITIONS.items():
        e = Experiment(measurement="ring", condition=name)
        assert row.unfit(e) is None
        for field, allowed in row.only.items():
            assert field in ("denoiser", "sampler")
            other = {"denoiser": "learned", "sampler": "ddim"}[field]
            assert other not in allowed
            with pytest.raises(ExperimentError, match=f"^{field} must be"):
                Experiment(**{"measurement": "ring", "condition": name, field: other})
