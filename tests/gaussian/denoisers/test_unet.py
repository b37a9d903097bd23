import itertools
import math

import numpy as np
import pytest
import torch

from diffviz.domains.pictures.denoiser import ImageDenoiser
from diffviz.gaussian.denoisers.base import Prediction, eps_hat
from diffviz.gaussian.denoisers.classifier_free import ClassifierFree
from diffviz.gaussian.denoisers.unet import LOG_SNR_RANGE, PREDICTIONS, UNet, x0_from
from diffviz.gaussian.kernels import reverse_kernel
from diffviz.schedules import SCHEDULES, make_schedule


@pytest.fixture(scope="module")
def network():
    """Of random weights everywhere: an untrained one answers 0."""
    torch.manual_seed(0)
    made = UNet(16, (1, 2), 2, labels=10).eval().requires_grad_(False)
    for parameter in made.parameters():
        parameter.add_(0.05 * torch.randn(parameter.shape))
    return made


@pytest.fixture
def x_t():
    return torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def test_untrained_it_answers_zero_and_is_half_sure():
    torch.manual_seed(0)
    with torch.inference_mode():
        prediction, logit = UNet(8, (1, 2, 2), 1)(torch.randn(2, 1, 32, 32), torch.zeros(1))
    assert prediction.shape == logit.shape == (2, 1, 32, 32)
    assert float(logit.abs().max()) < 0.3
    assert float(prediction.abs().max()) < 0.3


def test_pictures_of_a_batch_do_not_see_one_another(network, x_t):
    log_snr, label = torch.linspace(-3, 3, 5), torch.arange(5)
    whole = network(x_t, log_snr, label)
    for i in range(5):
        alone = network(x_t[i : i + 1], log_snr[i : i + 1], label[i : i + 1])
        for a, b in zip(alone, whole, strict=True):
            torch.testing.assert_close(a[0], b[i], rtol=1e-4, atol=1e-5)


def test_one_noise_level_and_one_class_may_stand_for_all(network, x_t):
    one = network(x_t, torch.tensor([0.7]), torch.tensor([3]))
    each = network(x_t, torch.full((5,), 0.7), torch.full((5,), 3))
    none, last = network(x_t, torch.tensor([0.7])), network(x_t, torch.tensor([0.7]), torch.tensor([10]))
    torch.testing.assert_close(one, each, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(none, last, rtol=0, atol=0)
    assert float((none[0] - one[0]).abs().max()) > 1e-3


def test_beyond_its_range_it_is_asked_at_the_edge(network, x_t):
    for edge, beyond in zip(LOG_SNR_RANGE, (-math.inf, math.inf), strict=True):
        torch.testing.assert_close(network(x_t, torch.tensor([edge])), network(x_t, torch.tensor([beyond])), rtol=0, atol=0)


def test_the_maps_inside_have_names_and_end_in_the_answer(network, x_t):
    maps = network.features(x_t, torch.zeros(1))
    assert list(maps) == ["down 8x8", "down 4x4", "middle 4x4", "up 4x4", "up 8x8", "prediction", "variance"]
    assert all(f"{h.shape[2]}x{h.shape[3]}" in name for name, h in list(maps.items())[:5])
    torch.testing.assert_close((maps["prediction"], maps["variance"]), network(x_t, torch.zeros(1)), rtol=0, atol=0)


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_whatever_is_predicted_the_picture_is_the_same(kind):
    torch.manual_seed(0)
    x0, eps = torch.randn(2, 4, 1, 8, 8).double()
    a = 0.3
    s = math.sqrt(1 - a**2)
    said = {"v": a * eps - s * x0, "eps": eps, "x0": x0}[kind]
    torch.testing.assert_close(x0_from(kind, said, a * x0 + s * eps, a, s), x0)


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_the_denoiser_serves_schedules_that_do_not_preserve_variance(network, x_t, kind):
    """Twice the picture and twice the noise are the same picture."""
    denoiser = ImageDenoiser(network, kind)
    one, two = denoiser(x_t, 0.6, 0.8), denoiser(2 * x_t, 1.2, 1.6)
    torch.testing.assert_close(one.x0_hat, two.x0_hat, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(one.variance, two.variance, rtol=1e-4, atol=1e-6)
    assert float(one.variance.max()) < 0.8**2
    assert float(one.variance.min()) > 0
    for alpha, sigma in ((0.0, 1.0), (1e-8, 1.0), (1.0, 1e-4)):
        assert torch.isfinite(denoiser(x_t, alpha, sigma).x0_hat).all()


def test_the_learned_variance_lies_between_the_posteriors_and_betas():
    """beta_tilde + c_0^2 sigma_t^2 f: beta_tilde at f = 0 and beta at f = 1, where the schedule preserves variance."""
    for name in SCHEDULES:
        if name == "rectified_flow":
            continue
        schedule = make_schedule(name, 12)
        for s, t in itertools.combinations(range(13), 2):
            kernel, sigma2 = reverse_kernel(schedule, s, t), float(schedule.sigma[t] ** 2)
            assert kernel.variance + kernel.c_0**2 * sigma2 == pytest.approx(kernel.forward_variance, rel=1e-9)


@pytest.mark.parametrize("kind", PREDICTIONS)
@pytest.mark.parametrize("guidance", [0.0, 1.0, 2.5])
def test_guidance_in_one_pass_is_guidance_in_two(network, x_t, guidance, kind):
    level = (0.6, 0.8)
    free, conditional = ImageDenoiser(network, kind), ImageDenoiser(network, kind, label=4)
    found = ImageDenoiser(network, kind, 4, guidance)(x_t, *level)
    apart = ClassifierFree(free, conditional, guidance)(x_t, *level)
    eps = [eps_hat(x_t, d(x_t, *level).x0_hat, *level) for d in (free, conditional)]
    wanted = eps[0] + guidance * (eps[1] - eps[0])  # Ho & Salimans 2022
    torch.testing.assert_close(found.x0_hat, apart.x0_hat, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(eps_hat(x_t, found.x0_hat, *level), wanted, rtol=1e-4, atol=1e-4)
    if guidance:
        torch.testing.assert_close(found.variance, conditional(x_t, *level).variance, rtol=1e-4, atol=1e-5)


def test_labels_may_differ_from_picture_to_picture(network, x_t):
    labels = torch.tensor([0, 9, 3, 3, 1])
    for guidance in (1.0, 2.0):
        mixed = ImageDenoiser(network, "v", labels, guidance)(x_t, 0.6, 0.8)
        for i, label in enumerate(labels.tolist()):
            alone = ImageDenoiser(network, "v", label, guidance)(x_t[i : i + 1], 0.6, 0.8)
            torch.testing.assert_close(mixed.x0_hat[i], alone.x0_hat[0], rtol=1e-4, atol=1e-5)


def test_no_more_is_asked_of_the_network_than_needed(network, x_t):
    asked = []

    class Watched(torch.nn.Module):
        labels = network.labels

        def forward(self, u, log_snr, label=None):
            asked.append(len(u))
            return network(u, log_snr, label)

    for label, guidance in ((None, 3.0), (2, 0.0), (2, 1.0), (2, 3.0)):
        ImageDenoiser(Watched(), "v", label, guidance)(x_t, 0.6, 0.8)
    assert asked == [5, 5, 5, 10]


def test_guidance_of_any_two_denoisers():
    two = [lambda x, alpha, sigma, m=m: Prediction(torch.full_like(x, m), torch.full_like(x, m)) for m in (1.0, 3.0)]
    found = ClassifierFree(*two, 2.0)(torch.zeros(1, 2), 0.6, 0.8)
    np.testing.assert_allclose(found.x0_hat, 5.0)
    np.testing.assert_allclose(found.variance, 3.0)
