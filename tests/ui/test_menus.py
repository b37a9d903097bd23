"""What the menus say of their choices in numbers or as a property is so."""

import numpy as np
import pytest

from diffviz.domains import DOMAINS
from diffviz.domains.pictures.hub_pictures import SOURCES
from diffviz.domains.pictures.images import IMAGES, make_images
from diffviz.domains.plane.datasets import make_dataset
from diffviz.engine import Setup, run
from diffviz.experiment import Experiment, ExperimentError, iter_specs
from diffviz.gaussian.kernels import VARIANCES, reverse_variances
from diffviz.relevant import ONE_LEVEL
from diffviz.schedules import HELD_BY, SCHEDULES, make_schedule
from diffviz.ui.menus import offered


def said(table, name, *parts):
    for part in parts:
        assert part in table[name].why


@pytest.mark.parametrize("steps", [30, 100, 1000])
def test_linear_has_hardly_any_data_in_the_last_third(steps):
    said(SCHEDULES, "linear", "last third of the steps at most about 1 %")
    assert make_schedule("linear", steps).alpha_bar[-(-2 * steps // 3) + 1 :].max() < 0.011
    assert np.diff(make_schedule("linear", 1000).beta, 2) == pytest.approx(0.0, abs=1e-12)


def test_cosine_falls_nearly_linearly_in_the_middle_and_slowly_at_both_ends():
    said(SCHEDULES, "cosine", "nearly linearly in the middle, slowly at both ends")
    alpha_bar = make_schedule("cosine", 1000).alpha_bar
    middle = alpha_bar[250:751]
    assert np.abs(middle - np.linspace(middle[0], middle[-1], 501)).max() < 0.03
    falls = -np.diff(alpha_bar)
    assert max(falls[:50].mean(), falls[-50:].mean()) < 0.15 * falls[450:550].mean()


def test_quadratic_takes_smaller_steps_than_linear_near_the_data():
    said(SCHEDULES, "quadratic", "√β grows linearly", "smaller steps near the data than with linear")
    quadratic, linear = (make_schedule(name, 1000).beta for name in ("quadratic", "linear"))
    assert np.diff(np.sqrt(quadratic), 2) == pytest.approx(0.0, abs=1e-10)
    assert (quadratic[1:500] < linear[1:500]).all()


def test_sigmoid_is_flat_at_both_ends():
    said(SCHEDULES, "sigmoid", "nearly constant at both ends, steep in the middle")
    rises = np.diff(make_schedule("sigmoid", 1000).beta)
    assert max(rises[:50].mean(), rises[-50:].mean()) < 0.05 * rises[450:550].mean()


def test_the_2015_schedule_erases_an_equal_share_in_every_step():
    said(SCHEDULES, "sohl_dickstein", "same share 1/T")
    np.testing.assert_allclose(np.diff(make_schedule("sohl_dickstein", 40).alpha_bar), -1 / 40, rtol=1e-9)


def test_half_way_rectified_flow_has_half_of_the_variance():
    said(SCHEDULES, "rectified_flow", "x_t = (1 − t/T) x₀ + (t/T) ε", "half of that at either end")
    schedule = make_schedule("rectified_flow", 100)
    np.testing.assert_allclose(schedule.alpha, 1 - np.arange(101) / 100, atol=1e-15)
    assert (schedule.alpha**2 + schedule.sigma**2)[[0, 50, 100]] == pytest.approx([1.0, 0.5, 1.0])


def test_edm_has_the_seventh_root_of_the_noise_in_a_straight_line():
    said(SCHEDULES, "karras", "from 0.002 to 80", "seventh root linearly")
    noise = (make_schedule("karras", 50).sigma / make_schedule("karras", 50).alpha)[1:]
    assert noise[[0, -1]] == pytest.approx([0.002, 80.0])
    assert np.diff(noise ** (1 / 7), 2) == pytest.approx(0.0, abs=1e-9)


def test_shifted_cosine_is_cosine_at_a_lower_snr():
    said(SCHEDULES, "shifted_cosine", "log SNR lowered by 2 log 2")
    cosine, shifted = (make_schedule(name, 50).log_snr[1:] for name in ("cosine", "shifted_cosine"))
    np.testing.assert_allclose(cosine - shifted, 2 * np.log(2), rtol=1e-9)


def test_constant_is_the_mean_of_both_ends():
    said(SCHEDULES, "constant", "mean of the first and the last")
    np.testing.assert_allclose(make_schedule("constant", 1000, 1e-4, 0.02).beta, 0.01005, rtol=1e-9)


def test_the_forward_variance_is_exact_for_standard_normal_data_and_the_posterior_s_is_a_lower_limit():
    said(VARIANCES, "beta", "exact if the data are N(0, I)")
    said(VARIANCES, "posterior", "a lower limit")
    schedule, times = make_schedule("cosine", 20), np.arange(21)
    for name in ("gaussian", "rings"):
        mixture = make_dataset(name)
        kinds = {kind: reverse_variances(kind, schedule, times, mixture).values for kind in VARIANCES}
        assert (kinds["posterior"][1:] <= kinds["optimal"][1:]).all()
        if name == "gaussian":
            np.testing.assert_allclose(kinds["optimal"], kinds["beta"], rtol=1e-6)


def test_there_are_as_many_pictures_as_the_menu_says():
    digits = make_images("digits")
    said(IMAGES, "digits", f"{len(digits.train)} training images", f"{len(digits.held_out)} test images", "8 × 8")
    said(IMAGES, "mnist", f"first {SOURCES['mnist'].train}", "28 × 28")
    said(IMAGES, "cifar10", f"first {SOURCES['cifar10'].train}")


def test_networks_have_proper_names_and_say_on_which_data_they_were_trained():
    rows = {name: (title, why) for domain in DOMAINS.values() for name, title, why in offered(domain)["denoiser"]}
    titles = {name: title for name, (title, _) in rows.items()}
    assert titles["eight_gaussians_energy"] == "Network: Eight Gaussians, energy"
    assert titles["swiss_roll_2015"] == "Network: Swiss roll, 2015"
    assert titles["digits_linear"] == "Network: Handwritten digits, linear"
    networks = {name: row for name, row in rows.items() if name not in ("exact", "learned")}
    assert all(title.startswith("Network: ") and title[9].isupper() and "_" not in title for title, _ in networks.values())
    chains = [name for name, (_, why) in networks.items() if "own chain alone" in why]
    assert chains == ["swiss_roll_2015", "heartbeat_2015"]
    assert rows["swiss_roll_2015"][1].startswith("Trained on Swiss roll, 2015, ")
    for name, refused in (("swiss_roll_2015", True), ("swiss_roll", False)):  # as the menu says
        setup = Setup(Experiment(dataset="two_moons", denoiser=name, steps=10, particles=2))
        if refused:
            with pytest.raises(ExperimentError):
                setup.prepare()
        else:
            setup.prepare()


def test_noise_of_bits_is_bits():
    (start,) = (row for row in offered(DOMAINS["heartbeat"])["start"] if row[0] == "noise")
    assert start[1:] == ("Random bits", "Each bit of x_T is 1 with probability 0.2, as often as in the data.")
    e = Experiment(dataset="heartbeat", steps=5, particles=4000)
    x_T = run(e).reverse[0]
    assert set(np.unique(x_T)) == {0, 1}
    assert x_T.mean() == pytest.approx(0.2, abs=0.006)
    assert run(e).forward[0].mean() == pytest.approx(0.2, abs=1e-6)


def test_the_samplers_whose_fields_are_called_otherwise_stay_at_one_level():
    assert HELD_BY == ONE_LEVEL


@pytest.mark.parametrize(
    ("field", "experiment", "title"),
    [
        ("offset", Experiment(measurement="half_plane"), "Offset"),
        ("offset", Experiment(measurement="ring"), "Radius"),
        ("steps", Experiment(), "Diffusion steps T"),
        ("steps", Experiment(sampler="mala"), "Steps of the chain"),
        ("corrector_steps", Experiment(sampler="ula"), "Moves in each step"),
    ],
)
def test_a_field_is_called_what_it_is_in_its_run(field, experiment, title):
    assert {name: spec for name, spec, *_ in iter_specs()}[field].called_in(experiment) == title
