"""Linear measurements of a picture: y = H x + std z, z ~ N(0, I).

Every H here is diagonal in an orthonormal basis V that is cheap to turn into: H^T H = V diag(square) V^T. Whatever conditioning
on y needs is then a function of H^T H, one number for each coordinate, such as

    H^T (std^2 I + v H H^T)^-1 e = V diag(1/(std^2 + v square)) V^T H^T e

so that no D x D matrix is ever made, and only H^T y of y is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MAX_STD = 2.0
MIN_BLUR_STD = 0.01  # a blur keeps nearly nothing of the finest detail: without noise its inverse would be rounding errors
MIN_WIDTH, MAX_WIDTH = 0.3, 8.0  # pixels
FACTORS = (2, 4, 8)


class LinearMap(Protocol):
    """H, from pictures of one shape to y_shape.

    square [D] float64: eigenvalues of H^T H, in the order of the coordinates that turn gives
    """

    shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    square: Tensor

    def apply(self, x: Tensor) -> Tensor:
        """H x: [N, *shape] -> [N, *y_shape]."""

    def adjoint(self, y: Tensor) -> Tensor:
        """H^T y: [N, *y_shape] -> [N, *shape]."""

    def turn(self, x: Tensor) -> Tensor:
        """V^T x: [N, *shape] -> [N, D]."""

    def turn_back(self, u: Tensor) -> Tensor:
        """V u: [N, D] -> [N, *shape]."""


class Masked:
    """The coordinates where known [*shape], bool, is True, one after the other."""

    def __init__(self, known: Tensor) -> None:
        self.shape, self.y_shape = tuple(known.shape), (int(known.sum()),)
        self.known = known
        self.square = known.flatten().double()

    def apply(self, x: Tensor) -> Tensor:
        return x[:, self.known.to(x.device)]

    def adjoint(self, y: Tensor) -> Tensor:
        x = y.new_zeros(len(y), *self.shape)
        x[:, self.known.to(y.device)] = y
        return x

    def turn(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def turn_back(self, u: Tensor) -> Tensor:
        return u.unflatten(1, self.shape)


class BlockAverage:
    """Each block of factor x factor pixels as its mean: H H^T = I/factor^2.

    V reflects a block's pixels (Householder) so that the first coordinate is factor times the mean.
    """

    def __init__(self, shape: tuple[int, int, int], factor: int) -> None:
        channels, height, width = shape
        self.shape, self.factor = shape, factor
        self.y_shape = (channels, height // factor, width // factor)
        first = torch.zeros(factor**2, dtype=torch.float64)
        first[0] = 1.0
        self.square = (first / factor**2).repeat(math.prod(self.y_shape))
        normal = torch.full_like(first, 1 / factor) - first
        self._normal = normal / normal.norm()

    def _blocks(self, x: Tensor) -> Tensor:
        """[N, C, H/f, W/f, f, f]."""
        return x.unflatten(3, (-1, self.factor)).unflatten(2, (-1, self.factor)).transpose(3, 4)

    def _reflect(self, blocks: Tensor) -> Tensor:
        normal = self._normal.to(blocks)
        return blocks - 2.0 * (blocks @ normal)[..., None] * normal

    def apply(self, x: Tensor) -> Tensor:
        return self._blocks(x).mean((4, 5))

    def adjoint(self, y: Tensor) -> Tensor:
        return y.repeat_interleave(self.factor, 2).repeat_interleave(self.factor, 3) / self.factor**2

    def turn(self, x: Tensor) -> Tensor:
        return self._reflect(self._blocks(x).flatten(4)).flatten(1)

    def turn_back(self, u: Tensor) -> Tensor:
        blocks = self._reflect(u.unflatten(1, (*self.y_shape, self.factor**2))).unflatten(4, (self.factor, self.factor))
        return blocks.transpose(3, 4).flatten(4, 5).flatten(2, 3)


def _hartley(x: Tensor) -> Tensor:
    """[..., H, W] -> the same: the orthonormal basis of cos + sin, its own inverse, in which circular maps are diagonal."""
    frequencies = torch.fft.fft2(x, norm="ortho")
    return frequencies.real - frequencies.imag


class CircularBlur:
    """Each pixel as a mean of its neighbours, Gaussian weights of width pixels, across the edges to the other side."""

    def __init__(self, shape: tuple[int, int, int], width: float) -> None:
        self.shape = self.y_shape = shape
        transfers = []
        for side in shape[1:]:
            place = torch.arange(side, dtype=torch.float64)
            kernel = torch.exp(-0.5 * (torch.minimum(place, side - place) / width) ** 2)
            transfers.append(torch.fft.fft(kernel / kernel.sum()).real)  # symmetric: the rest is rounding
        self._transfer = transfers[0][:, None] * transfers[1]  # [H, W]
        self.square = self._transfer.square().expand(shape).flatten()

    def apply(self, x: Tensor) -> Tensor:
        return _hartley(self._transfer.to(x) * _hartley(x))

    def adjoint(self, y: Tensor) -> Tensor:
        return self.apply(y)

    def turn(self, x: Tensor) -> Tensor:
        return _hartley(x).flatten(1)

    def turn_back(self, u: Tensor) -> Tensor:
        return _hartley(u.unflatten(1, self.shape))


@dataclass(frozen=True, eq=False)
class Measurement:
    """y = H x + std z for pictures x [N, *shape]; y [N, *y_shape]. Raises ValueError for arrays of another shape."""

    map: LinearMap
    std: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.std <= MAX_STD:
            raise ValueError(f"The noise of a measurement must be from 0 to {MAX_STD:g}, not {self.std:g}.")

    def apply(self, x: Tensor) -> Tensor:
        """H x [N, *y_shape]."""
        return self.map.apply(_of_shape(x, self.map.shape, "An image"))

    def adjoint(self, y: Tensor) -> Tensor:
        """H^T y [N, *shape]."""
        return self.map.adjoint(_of_shape(y, self.map.y_shape, "A measurement"))

    def observe(self, x: Tensor, z: Tensor) -> Tensor:
        """y of the pictures x, for normal numbers z [N, *y_shape]."""
        return self.apply(x) + self.std * _of_shape(z, self.map.y_shape, "The noise of a measurement")

    def spectral(self, factors: Tensor, x: Tensor) -> Tensor:
        """V diag(factors) V^T x [N, *shape]: with factors [D] = f(square), the function f of H^T H."""
        return self.map.turn_back(factors.to(x) * self.map.turn(_of_shape(x, self.map.shape, "An image")))

    def pull(self, residual: Tensor, variance: float) -> Tensor:
        """H^T (std^2 I + variance H H^T)^-1 residual [N, *shape]: what a residual y - H x [N, *y_shape] says of a picture that is
        known to within variance in every direction. Where both are 0, the limit: the pseudo-inverse."""
        denominator = self.std**2 + variance * self.map.square
        factors = torch.where(denominator > 0.0, 1.0 / denominator.clamp(min=1e-300), 0.0)
        return self.spectral(factors, self.adjoint(residual))

    @cached_property
    def gram(self) -> Tensor:
        """[D, D] float64, H^T H."""
        pictures = torch.eye(len(self.map.square), dtype=torch.float64).unflatten(1, self.map.shape)
        return self.spectral(self.map.square, pictures).flatten(1)

    @cached_property
    def basis_square(self) -> Tensor:
        """[D, D] float64, the squares of V, transposed: how much of each turned coordinate's variance every pixel gets."""
        return self.map.turn_back(torch.eye(len(self.map.square), dtype=torch.float64)).flatten(1).square()

    def open_share(self, variance: float) -> Tensor:
        """[*shape] of what is known of each pixel to within variance, alike in every direction, the share that y leaves open."""
        square = self.map.square
        share = torch.where(square > 0.0, self.std**2 / (self.std**2 + variance * square), 1.0)
        return (share @ self.basis_square).unflatten(0, self.map.shape)

    def project(self, x: Tensor, y: Tensor) -> Tensor:
        """The nearest pictures to x [N, *shape] that give exactly y [N or 1, *y_shape]: what is measured is put in its place."""
        square = self.map.square.to(x)
        seen = self.map.turn(self.adjoint(y.to(x))) / torch.where(square > 0.0, square, 1.0)
        return self.map.turn_back(torch.where(square > 0.0, seen, self.map.turn(_of_shape(x, self.map.shape, "An image"))))

    def pseudo_inverse(self, y: Tensor) -> Tensor:
        """H^+ y [N, *shape], the smallest picture that fits best: zeros where nothing is known, blocks of one value."""
        factors = torch.where(self.map.square > 0.0, 1.0 / self.map.square.clamp(min=1e-300), 0.0)
        return self.spectral(factors, self.adjoint(y))


def _of_shape(x: Tensor, shape: tuple[int, ...], what: str) -> Tensor:
    if tuple(x.shape[1:]) != tuple(shape):
        raise ValueError(f"{what} must be of shape [N, {', '.join(map(str, shape))}], not {list(x.shape)}.")
    return x


@dataclass(frozen=True)
class MeasurementOptions:
    """What a measurement may be made from. mask: bool [H, W], True where the picture is known; width in pixels."""

    std: float = 0.1
    mask: NDArray[np.bool_] | None = None
    factor: int = 2
    width: float = 1.5


@dataclass(frozen=True)
class MeasurementRow:
    """One row of MEASUREMENTS. make(shape [C, H, W], options) raises ValueError, a sentence, for what does not fit; uses lists
    the options it reads beside std."""

    title: str
    why: str
    make: Callable[[tuple[int, int, int], MeasurementOptions], Measurement]
    uses: tuple[str, ...] = ()


def _noise(shape: tuple[int, int, int], options: MeasurementOptions) -> Measurement:
    return Measurement(Masked(torch.ones(shape, dtype=torch.bool)), options.std)


def _mask(shape: tuple[int, int, int], options: MeasurementOptions) -> Measurement:
    mask = options.mask
    if mask is None or mask.dtype != np.bool_ or mask.shape != shape[1:]:
        found = "none" if mask is None else f"{mask.dtype} of shape {list(mask.shape)}"
        raise ValueError(f"The mask must be true or false for each of {shape[1]} x {shape[2]} pixels, not {found}.")
    return Measurement(Masked(torch.from_numpy(mask.copy()).expand(shape)), options.std)


def _coarse(shape: tuple[int, int, int], options: MeasurementOptions) -> Measurement:
    if options.factor not in FACTORS or shape[1] % options.factor or shape[2] % options.factor:
        fitting = [str(factor) for factor in FACTORS if shape[1] % factor == 0 and shape[2] % factor == 0]
        allowed = f"must be one of {', '.join(fitting)}" if fitting else "cannot be chosen"
        raise ValueError(f"The factor {allowed} for images of {shape[1]} x {shape[2]} pixels, not {options.factor}.")
    return Measurement(BlockAverage(shape, options.factor), options.std)


def _blur(shape: tuple[int, int, int], options: MeasurementOptions) -> Measurement:
    if not MIN_WIDTH <= options.width <= MAX_WIDTH:
        raise ValueError(f"The width of a blur must be from {MIN_WIDTH:g} to {MAX_WIDTH:g} pixels, not {options.width:g}.")
    if not options.std >= MIN_BLUR_STD:
        raise ValueError(f"The noise of a blurred image must be at least {MIN_BLUR_STD:g}, not {options.std:g}.")
    return Measurement(CircularBlur(shape, options.width), options.std)


MEASUREMENTS: dict[str, MeasurementRow] = {
    "denoise": MeasurementRow("Denoising", "H is the identity: every pixel is measured, with noise.", _noise),
    "inpaint": MeasurementRow("Inpainting", "H keeps the pixels of a mask; the others are unknown.", _mask, ("mask",)),
    "super_resolve": MeasurementRow("Super-resolution", "H takes the mean of each block of pixels.", _coarse, ("factor",)),
    "deblur": MeasurementRow(
        "Deblurring", "H blurs with a Gaussian kernel, which leaves nearly nothing of fine detail.", _blur, ("width",)
    ),
}
