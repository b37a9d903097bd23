"""Solvers of the probability-flow ODE in sigma form, written once more from the papers.

    y = x/alpha, sigma = std of the noise in y,   dy/dsigma = (y - D(y; sigma))/sigma       Karras et al. 2022, eq. 1 and 3

denoise(y, sigma) is D. Every solver takes sigmas, falling, the last one 0, and returns y at each of them.
"""

import itertools
import math


def euler(denoise, y, sigmas):
    """Karras et al. 2022, algorithm 1 without its lines 6 to 8."""
    path = [y]
    for sigma, following in itertools.pairwise(sigmas):
        slope = (y - denoise(y, sigma)) / sigma
        y = y + (following - sigma) * slope
        path.append(y)
    return path


def heun(denoise, y, sigmas):
    """Karras et al. 2022, algorithm 1."""
    path = [y]
    for sigma, following in itertools.pairwise(sigmas):
        slope = (y - denoise(y, sigma)) / sigma
        ahead = y + (following - sigma) * slope
        if following != 0.0:
            slope_ahead = (ahead - denoise(ahead, following)) / following
            ahead = y + (following - sigma) * (slope + slope_ahead) / 2
        y = ahead
        path.append(y)
    return path


def _exponential(y, data, sigma, following):
    """Lu et al. 2022b, eq. 9, in sigma form with data held constant: (sigma_s/sigma_t) y - (e^-h - 1) data."""
    if following == 0.0:
        return data
    h = math.log(sigma) - math.log(following)
    return following / sigma * y - math.expm1(-h) * data


def dpm_solver_2m(denoise, y, sigmas):
    """Lu et al. 2022b, algorithm 2; the first and the last step are of first order."""
    path, before = [y], None
    for sigma, following in itertools.pairwise(sigmas):
        data = denoise(y, sigma)
        extrapolated = data
        if before is not None and following != 0.0:
            last, h = math.log(before[0] / sigma), math.log(sigma / following)
            r = last / h
            extrapolated = (1.0 + 1.0 / (2.0 * r)) * data - before[1] / (2.0 * r)
        y = _exponential(y, extrapolated, sigma, following)
        before = sigma, data
        path.append(y)
    return path


def dpm_solver_2s(denoise, y, sigmas):
    """Lu et al. 2022b, algorithm 1, whose intermediate levels are every other one of the sigmas."""
    path, first = [y], None
    for sigma, following in itertools.pairwise(sigmas):
        data = denoise(y, sigma)
        if first is None or following == 0.0:
            first = (y, sigma, data)
            y = _exponential(y, data, sigma, following)
        else:
            start, begun, at_start = first
            r = math.log(begun / sigma) / math.log(begun / following)
            y = _exponential(start, (1.0 - 1.0 / (2.0 * r)) * at_start + data / (2.0 * r), begun, following)
            first = None
        path.append(y)
    return path
