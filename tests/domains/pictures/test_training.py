import json
import math

import pytest
import torch

from diffviz import checkpoints
from diffviz.domains.pictures.training import WEIGHTINGS, ImageRecipe, begin_images, draw_log_snr, losses, new_unet, turned
from diffviz.schedules import make_schedule

TINY = ImageRecipe("digits", channels=8, blocks=1, updates=3, batch=8)


class Fixed(torch.nn.Module):
    """Answers 0 and this logit."""

    def __init__(self, logit):
        super().__init__()
        self.logit = torch.nn.Parameter(torch.tensor(logit))

    def forward(self, u, log_snr, label=None):
        return torch.zeros_like(u), self.logit.expand(u.shape)


@pytest.mark.parametrize("prediction", ["v", "eps", "x0"])
def test_the_score_of_f_is_least_at_the_mean_square_of_the_error_of_v(prediction):
    torch.manual_seed(0)
    recipe = ImageRecipe("digits", prediction=prediction)
    x0, eps = 0.5 * torch.randn(64, 1, 8, 8), torch.randn(64, 1, 8, 8)
    level = torch.full((64,), -0.4)
    a, s = math.sqrt(1 / (1 + math.exp(0.4))), math.sqrt(1 / (1 + math.exp(-0.4)))
    # what answer 0 gets wrong, as an error of v: v itself, eps/a or x_0/s
    error = {"v": a * eps - s * x0, "eps": eps / a, "x0": x0 / s}[prediction].square().mean().item()
    scores = {f: losses(Fixed(f), recipe, x0, eps, level, None)[1].item() for f in (-2.0, 0.0, 2.0)}
    for logit, score in scores.items():
        f = 1 / (1 + math.exp(-logit))
        assert score == pytest.approx(0.5 * (math.log(f) + error / f), rel=1e-4)
    if error < 1:
        best = Fixed(math.log(error / (1 - error)))
        losses(best, recipe, x0, eps, level, None)[1].backward()
        assert abs(best.logit.grad.item()) < 1e-5


def test_the_variance_leaves_the_prediction_alone():
    """The gradient of its score stops at the error."""
    recipe, network = TINY, new_unet(TINY)
    x0, eps = torch.randn(2, 4, 1, 8, 8)
    losses(network, recipe, x0, eps, torch.zeros(4), None)[1].backward()
    assert network.outputs.weight.grad[0].abs().max() == 0
    assert network.outputs.weight.grad[1].abs().max() > 0


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_noise_levels_are_drawn_as_the_weighting_says(weighting):
    drawn = draw_log_snr(weighting, torch.rand(100_000, generator=torch.Generator().manual_seed(0)))
    if weighting == "even":
        wanted = torch.linspace(-10, 10, 100_000)
    else:
        wanted = torch.from_numpy(make_schedule(weighting, 1000).log_snr[1:]).float().clamp(-10, 10)
    quantiles = torch.linspace(0.05, 0.95, 10)
    torch.testing.assert_close(drawn.quantile(quantiles), wanted.quantile(quantiles), rtol=0, atol=0.03)


def test_turning_gives_sixteen_different_pictures():
    picture = torch.arange(16.0).view(1, 1, 4, 4) + 0.5
    forms = turned(picture.expand(16, 1, 4, 4), torch.arange(16))
    assert len({form.numpy().tobytes() for form in forms}) == 16
    assert torch.equal(forms[0], picture[0])
    torch.testing.assert_close(forms.abs().flatten(1).sort(1).values, picture.flatten(1).expand(16, -1))


def test_the_same_recipe_gives_the_same_weights():
    torch.manual_seed(1)
    *_, one = begin_images(TINY).steps()
    torch.manual_seed(2)
    *_, other = begin_images(TINY).steps()
    assert one.loss == other.loss
    for a, b in zip(one.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_loss_falls_and_is_reported_when_asked_and_at_the_end():
    steps = list(begin_images(ImageRecipe("digits", channels=8, blocks=1, updates=90, batch=32, lr=5e-3)).steps(every=20))
    assert [step.update for step in steps] == [20, 40, 60, 80, 90]
    assert steps[-1].loss < 0.9 * steps[0].loss


BAD = [
    {"dataset": "rings"},
    {"channels": 12},
    {"channels": 10**6},
    {"multipliers": "1 2 2 2 2"},
    {"multipliers": "1 9"},
    {"multipliers": ""},
    {"multipliers": "1  2"},
    {"blocks": 0},
    {"blocks": 99},
    {"prediction": "score"},
    {"weighting": "uneven"},
    {"label_dropout": math.nan},
    {"variance_weight": -1.0},
]


@pytest.mark.parametrize("change", BAD, ids=str)
def test_a_recipe_that_cannot_be_is_refused_in_one_sentence(change):
    with pytest.raises(ValueError, match=f"^{next(iter(change))} must .*\\.$"):
        ImageRecipe(**{"dataset": "digits"} | change)


def test_a_checkpoint_of_pictures_is_half_as_large_and_comes_back(tmp_path):
    torch.manual_seed(0)
    network = new_unet(TINY).eval()
    checkpoints.save(tmp_path / "tiny", network, TINY, {"figure": 1.0}, "card")
    loaded = checkpoints.load("tiny", tmp_path)
    assert (loaded.recipe, loaded.measured) == (TINY, {"figure": 1.0})
    for a, b in zip(loaded.network.parameters(), network.parameters(), strict=True):
        assert a.dtype == torch.float32
        assert torch.equal(a, b.half().float())
    size = (tmp_path / "tiny" / "model.safetensors").stat().st_size
    assert size < 2.3 * sum(parameter.numel() for parameter in network.parameters()) + 8000


@pytest.mark.parametrize("change", [*BAD, {"channels": 16}, {"channels": 8.0}, {"blocks": True}, {"lr": None}], ids=str)
def test_a_configuration_that_does_not_fit_is_refused(tmp_path, change):
    checkpoints.save(tmp_path / "tiny", new_unet(TINY), TINY, {}, "card")
    path = tmp_path / "tiny" / "config.json"

    values = json.loads(path.read_text())
    values["recipe"].update(change)
    path.write_text(json.dumps(values))
    with pytest.raises(checkpoints.CheckpointError, match=r"^checkpoint tiny: .*\.$"):
        checkpoints.load("tiny", tmp_path)
