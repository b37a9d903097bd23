"""What stands beside a run of pictures in a sheet."""

import numpy as np
from matplotlib.figure import Figure

from diffviz import Experiment
from diffviz.records import Record
from diffviz.views.pictures.draw import draw_beside
from diffviz.views.pictures.posterior import returned_pictures

GIVEN = Experiment(dataset="digits", denoiser="exact", particles=4, steps=4, measurement="inpaint")


def test_what_came_back_is_the_mean_and_the_spread_of_the_samples_and_a_spread_is_drawn_in_ink():
    record = Record.of(GIVEN)
    end = record.trajectory.reverse[-1]
    mean, spread = returned_pictures(record.setup, end)
    np.testing.assert_allclose(mean.x, end.mean(0), atol=1e-6)
    np.testing.assert_allclose(spread.x, end.std(0, ddof=1), atol=1e-6)
    for given, sign in ((mean, 1), (spread, -1)):
        axes = Figure().subplots()
        draw_beside(axes, given)
        drawn = axes.images[0].get_array()[..., 0]
        assert np.sign(np.corrcoef(drawn.ravel(), given.x.ravel())[0, 1]) == sign
