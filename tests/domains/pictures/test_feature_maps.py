"""Feature maps: those of one function evaluation each, at noise levels that differ, of our U-Net and of others'."""

import math

import numpy as np
import pytest
import torch

from diffviz.domains.pictures.denoiser import ImageDenoiser
from diffviz.domains.pictures.feature_maps import TOGETHER, feature_maps, levels
from diffviz.domains.pictures.images import image_mixture
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.denoisers.unet import UNet
from diffviz.pretrained.denoiser import load
from diffviz.pretrained.names import Sure
from tests.gaussian.denoisers import networks


@pytest.fixture(scope="module")
def ours():
    torch.manual_seed(0)
    network = UNet(8, (1, 2), 1, labels=3).eval().requires_grad_(False)
    for value in network.parameters():
        value.add_(0.1 * torch.randn_like(value))  # some layers begin at zero
    return ImageDenoiser(network, "v", label=2, guidance=1.5), network


def noise_levels(count):
    angle = np.linspace(0.1, math.pi / 2, count)
    return np.cos(angle).clip(0.0), np.sin(angle)


def test_each_frame_is_seen_at_its_own_level_with_its_class(ours):
    denoiser, network = ours
    count = TOGETHER + 3
    x, (alpha, sigma) = np.random.default_rng(0).standard_normal((count, 1, 8, 8)), noise_levels(count)
    names = levels(denoiser, (1, 8, 8))
    assert names == ["down 8x8", "down 4x4", "middle 4x4", "up 4x4", "up 8x8", "prediction", "variance"]
    maps = feature_maps(denoiser, "up 4x4", x, alpha, sigma)
    for i in (0, 7, TOGETHER, count - 1):
        log_snr = torch.tensor([2 * math.log(alpha[i] / sigma[i]) if alpha[i] > 1e-12 else -math.inf])
        one = network.features(torch.from_numpy(x[i : i + 1]).float(), log_snr.float(), torch.tensor([2]))["up 4x4"]
        np.testing.assert_allclose(maps[i], one[0].numpy(), rtol=1e-4, atol=1e-5)
    with pytest.raises(KeyError):
        feature_maps(denoiser, "cellar", x, alpha, sigma)


def test_the_last_level_is_the_answer_that_the_denoiser_works_with(ours):
    _, network = ours
    free, x = ImageDenoiser(network, "x0"), torch.randn(2, 1, 8, 8)
    prediction = feature_maps(free, "prediction", x.numpy(), np.array([0.6, 0.6]), np.array([0.8, 0.8]))
    np.testing.assert_allclose(prediction, free(x, 0.6, 0.8).x0_hat.numpy(), rtol=1e-4, atol=1e-5)


def test_others_networks_can_be_looked_into_and_are_left_as_they_were(tmp_path):
    denoiser = Sure(load(networks.save(tmp_path / "theirs")))
    assert levels(denoiser, (2, 8, 4)) == ["down 4x2", "middle 4x2", "up 8x4", "prediction"]
    x, (alpha, sigma) = networks.pictures(3), noise_levels(3)
    answer = feature_maps(denoiser, "prediction", x.numpy(), alpha, sigma)
    for i in range(3):
        one = denoiser.denoiser.output(x[i : i + 1], float(alpha[i]), float(sigma[i]))
        np.testing.assert_allclose(answer[i], one[0].numpy(), rtol=1e-4, atol=1e-5)
    assert feature_maps(denoiser, "middle 4x2", x.numpy(), alpha, sigma).shape == (3, 16, 4, 2)
    assert not any(module._forward_hooks for module in denoiser.denoiser.network.modules())


def test_the_exact_denoiser_has_no_inside():
    assert levels(ExactDenoiser(image_mixture("digits")), (1, 8, 8)) == []
