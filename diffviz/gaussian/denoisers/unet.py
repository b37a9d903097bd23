"""A small U-Net that learns to denoise pictures, and how sure it may be of every pixel.

Like the network of the plane (mlp.py) it sees the picture scaled to unit variance, u = x_t / sqrt(alpha^2 + sigma^2), and log
SNR, nothing else of the schedule. With a = alpha/sqrt(alpha^2 + sigma^2) and s = sigma/sqrt(alpha^2 + sigma^2) it answers for
v = a eps - s x_0 = (a u - x_0)/s, so that x0_hat = a u - s v_hat; "eps" and "x0" are other targets for the same picture.

**The second answer** is f = Var[v|x_t] in (0, 1) for every pixel, and Var[x_0|x_t] = s^2 f. With it the reverse step has the best
diagonal covariance there is (Bao et al. 2022b, theorem 1):

    Sigma = beta_tilde + c_0^2 Var[x_0|x_t],       and for a variance-preserving schedule, in the letters of kernels.py,
    beta_tilde + c_0^2 sigma_t^2 = v sigma_s^2/sigma_t^2 + alpha_s^2 v^2/sigma_t^2 = v (sigma_s^2 + alpha_s^2 v)/sigma_t^2 = v,

because v = beta = 1 - (alpha_t/alpha_s)^2 there, so that sigma_s^2 + alpha_s^2 v = sigma_t^2. Hence f = 0 is beta_tilde (x_0 is
known) and f = 1 is beta (x_0 is standard normal), for every schedule and step. Nichol & Dhariwal 2021 interpolate between the
same two ends, log Sigma = f log beta + (1 - f) log beta_tilde, and learn f from the bound of one schedule; here f belongs to the
data, and one checkpoint serves every schedule. A pixel that wavers between two values may have f > 1 for a moment (its average
never has, for data of at most unit variance): it is told 1, as by them.

The house has its own network, not a library's: none takes log SNR and gives a second answer, none need be imported at the
start, and this one is read at one sitting.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.levels import level_features, level_frequencies

LOG_SNR_RANGE = (-10.0, 10.0)  # trained on; beyond it the network is asked at the edge
TIME_FEATURES = 16
GROUPS = 8  # of channels that are normalised together
PREDICTIONS = ("v", "eps", "x0")


class ResidualBlock(nn.Module):
    """x [N, in, H, W], scale and shift [N or 1, out, 1, 1] -> [N, out, H, W]."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm_1, self.conv_1 = nn.GroupNorm(GROUPS, inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm_2, self.conv_2 = nn.GroupNorm(GROUPS, outputs), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        nn.init.zeros_(self.conv_2.weight)

    def forward(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        h = self.conv_1(F.silu(self.norm_1(x)))
        h = torch.addcmul(shift, self.norm_2(h), scale)
        return self.skip(x) + self.conv_2(F.silu(h))


class Attention(nn.Module):
    """Self-attention between all pixels: [N, C, H, W] -> the same."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.inputs, self.outputs = nn.Conv2d(channels, 3 * channels, 1), nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.outputs.weight)

    def forward(self, x: Tensor) -> Tensor:
        n, c, height, width = x.shape
        q, k, v = self.inputs(self.norm(x)).reshape(n, 3, self.heads, c // self.heads, height * width).transpose(-1, -2).unbind(1)
        h = F.scaled_dot_product_attention(q, k, v)  # [N, heads, H*W, C/heads]
        return x + self.outputs(h.transpose(-1, -2).reshape(n, c, height, width))


class UNet(nn.Module):
    """(u [N, C, H, W], log_snr [N] or [1], label [N] or [1] long, None for no class) -> (prediction, logit of f), as u each.

    multipliers: of `channels`, one for each resolution, halved from one to the next; blocks: residual blocks at each resolution,
    on the way down and on the way up; attention at the lowest. labels: the number of classes; the index after the last
    stands for no class (Ho & Salimans 2022). H and W must be divisible by 2^(len(multipliers) - 1).
    """

    def __init__(self, channels: int, multipliers: tuple[int, ...], blocks: int, labels: int = 0, pictures: int = 1) -> None:
        super().__init__()
        self.labels, self.blocks = labels, blocks
        widths = [channels * m for m in multipliers]
        memory = 4 * channels
        self.register_buffer("time_frequencies", level_frequencies(TIME_FEATURES, -3.0, 2.0), persistent=False)
        self.times = nn.Sequential(nn.Linear(1 + 2 * TIME_FEATURES, memory), nn.SiLU(), nn.Linear(memory, memory))
        self.classes = nn.Embedding(labels + 1, memory)
        self.inputs = nn.Conv2d(pictures, channels, 3, padding=1)

        down, up, stack, present = [], [], [channels], channels
        for width in widths:
            for _ in range(blocks):
                down.append(ResidualBlock(present, width))
                present = width
                stack.append(width)
        self.middle = nn.ModuleList([ResidualBlock(present, present), ResidualBlock(present, present)])
        for width in reversed(widths):
            for _ in range(blocks):
                up.append(ResidualBlock(present + stack.pop(), width))
                present = width
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up)
        self.attention = Attention(widths[-1], heads=max(1, widths[-1] // 32))
        self.norm, self.outputs = (
            nn.GroupNorm(GROUPS, present + channels),
            nn.Conv2d(present + channels, 2 * pictures, 3, padding=1),
        )
        nn.init.zeros_(self.outputs.weight)

        self.splits = [block.conv_1.out_channels for block in (*self.down, *self.middle, *self.up)]
        self.film = nn.Linear(memory, 2 * sum(self.splits))  # scale and shift of every block in one product
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)

    def _films(self, log_snr: Tensor, label: Tensor | None) -> list[tuple[Tensor, Tensor]]:
        """Scale and shift, [N or 1, out, 1, 1] each, of every block in order."""
        memory = self.times(level_features(log_snr.clamp(*LOG_SNR_RANGE), self.time_frequencies))
        memory = memory + (self.classes.weight[-1:] if label is None else self.classes(label))
        scales, shifts = self.film(F.silu(memory))[:, :, None, None].chunk(2, 1)
        return list(zip((1.0 + scales).split(self.splits, 1), shifts.split(self.splits, 1), strict=True))

    def features(self, u: Tensor, log_snr: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """What the network makes of the picture on its way, by name, in order: "down 8x8", ..., "middle 4x4", ..., "up 8x8", then
        "prediction" and "variance" (the logit of f). Each [N, C', H', W']."""
        films, maps = iter(self._films(log_snr, label)), {}
        h = self.inputs(u)
        skips = [h]
        for index, block in enumerate(self.down):
            if index and index % self.blocks == 0:
                h = F.avg_pool2d(h, 2)
            h = block(h, *next(films))
            skips.append(h)
            maps[_name("down", h)] = h
        h = self.middle[0](h, *next(films))
        h = self.middle[1](self.attention(h), *next(films))
        maps[_name("middle", h)] = h
        for index, block in enumerate(self.up):
            if index and index % self.blocks == 0:
                h = F.interpolate(h, scale_factor=2.0, mode="nearest")
            h = block(torch.cat([h, skips.pop()], 1), *next(films))
            maps[_name("up", h)] = h
        h = F.silu(self.norm(torch.cat([h, skips.pop()], 1)))
        maps["prediction"], maps["variance"] = self.outputs(h).chunk(2, 1)
        return maps

    def forward(self, u: Tensor, log_snr: Tensor, label: Tensor | None = None) -> tuple[Tensor, Tensor]:
        maps = self.features(u, log_snr, label)
        return maps["prediction"], maps["variance"]


def _name(part: str, h: Tensor) -> str:
    return f"{part} {h.shape[-2]}x{h.shape[-1]}"


def x0_from(kind: str, prediction: Tensor, u: Tensor, a: Tensor | float, s: Tensor | float) -> Tensor:
    """[N, C, H, W] x0_hat from what a network of this kind of PREDICTIONS says of u = a x_0 + s eps, a^2 + s^2 = 1."""
    if kind == "x0":
        return prediction
    return a * u - s * prediction if kind == "v" else (u - s * prediction) / a
