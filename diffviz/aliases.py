"""The names that people type for the options of an Experiment, where ours is another: those of papers, diffusers and k-diffusion.

Capitals, spaces, hyphens, underscores and brackets do not count: DPM-Solver++ (2M) and dpmsolver++2m are one name, and so are our
own names written in another way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ALIASES: dict[str, dict[str, str]] = {  # by field, the name as it is spelt() and ours
    "dataset": {
        "2gaussians": "two_gaussians",
        "8gaussians": "eight_gaussians",
        "25gaussians": "grid_25",
        "moons": "two_moons",
        "makemoons": "two_moons",
        "makeswissroll": "swiss_roll",
        "2spirals": "spiral",
        "circles": "rings",
        "normal": "gaussian",
    },
    "schedule": {
        "ddpm": "linear",
        "vp": "linear",
        "vplinear": "linear",
        "squaredcos": "cosine",
        "squaredcoscapv2": "cosine",
        "iddpm": "cosine",
        "improvedddpm": "cosine",
        "quad": "quadratic",
        "scaledlinear": "quadratic",  # diffusers' name for a linear sqrt(beta)
        "jsd": "sohl_dickstein",  # the name of 1/(T-t+1) in the code of DDPM
        "2015": "sohl_dickstein",
        "mdlm": "sohl_dickstein",  # masks linear in t
        "loglinear": "sohl_dickstein",
        "const": "constant",
        "edm": "karras",
        "flow": "rectified_flow",
        "flowmatching": "rectified_flow",
        "optimaltransport": "rectified_flow",
        "custom": "drawn",
    },
    "denoiser": {
        "closedform": "exact",
        "ideal": "exact",
        "posteriormean": "exact",
        "network": "learned",
        "trained": "learned",
    },
    "sampler": {
        "ddpm": "ancestral",
        "keuler": "ddim",  # Euler's method in sigma/alpha is DDIM
        "sampleeuler": "ddim",
        "eulerdiscrete": "ddim",
        "euler": "ode_euler",
        "floweuler": "ode_euler",
        "flowmatcheulerdiscrete": "ode_euler",
        "edm": "heun_edm",
        "kheun": "heun_edm",
        "sampleheun": "heun_edm",
        "heundiscrete": "heun_edm",
        "dpm++": "dpm_solver_2m",
        "dpm++2m": "dpm_solver_2m",
        "dpmpp2m": "dpm_solver_2m",
        "sampledpmpp2m": "dpm_solver_2m",
        "dpmsolver++": "dpm_solver_2m",
        "dpmsolver++2m": "dpm_solver_2m",
        "dpmsolvermultistep": "dpm_solver_2m",
        "dpm++2s": "dpm_solver_2s",
        "dpmpp2s": "dpm_solver_2s",
        "dpmsolver++2s": "dpm_solver_2s",
        "dpmsolversinglestep": "dpm_solver_2s",
        "pc": "langevin",
        "predictorcorrector": "langevin",
        "unadjustedlangevin": "ula",
        "sgld": "ula",
        "adjustedlangevin": "mala",
        "metropolisadjustedlangevin": "mala",
        "pfode": "adaptive",
        "probabilityflow": "adaptive",
        "dopri5": "adaptive",
        "rk45": "adaptive",
        "maskgit": "confidence",
        "autoregressive": "left_to_right",
        "ar": "left_to_right",
        "orderagnostic": "random_order",
        "anyorder": "random_order",
        "ardm": "random_order",
    },
    "process": {
        "masked": "absorbing",
        "masks": "absorbing",
        "mask": "absorbing",
        "mdlm": "absorbing",
        "absorb": "absorbing",
        "multinomial": "uniform",
        "binomial": "uniform",
    },
    "spacing": {
        "even": "trailing",
        "uniform": "trailing",
        "quad": "quadratic",
        "logsnruniform": "log_snr",
        "evenlogsnr": "log_snr",
    },
    "variance": {
        "betatilde": "posterior",
        "fixedsmall": "posterior",
        "fixedsmalllog": "posterior",
        "fixedlargelog": "fixed_large",
        "forward": "beta",
        "analytic": "optimal",
        "analyticdpm": "optimal",
        "learnedrange": "learned",
    },
    "start": {
        "prior": "noise",
        "forwardend": "forward",
        "lateinitialisation": "late",
        "lateinitialization": "late",
        "sdedit": "picture",
        "interpolate": "between",
        "interpolation": "between",
        "slerp": "between",
    },
    "measurement": {
        "denoising": "denoise",
        "inpainting": "inpaint",
        "sr": "super_resolve",
        "superres": "super_resolve",
        "superresolution": "super_resolve",
        "blur": "deblur",
        "deblurring": "deblur",
        "noisyobservation": "observation",
        "halfspace": "half_plane",
        "circle": "ring",
        "onecoordinate": "strip",
        "coordinate": "strip",
    },
    "condition": {
        "pigdm": "guided",
        "πgdm": "guided",
        "gradientguidance": "guided",
        "closedform": "exact",
        "posterior": "exact",
        "repaint": "replace",
        "replacement": "replace",
        "doob": "exact",
        "htransform": "exact",
        "smallperturbation": "shifted",
        "meanshift": "shifted",
    },
}


def spelt(name: str) -> str:
    """A name without what does not count in it."""
    return re.sub(r"[ _()-]", "", name.lower())


def meant(field: str, name: str, known: Iterable[str]) -> str:
    """The one of the known names that a name stands for, or the name as it is where it stands for none."""
    allowed = tuple(known)
    if name in allowed:
        return name
    found = ALIASES.get(field, {}).get(spelt(name), "")
    return found if found in allowed else next((own for own in allowed if spelt(own) == spelt(name)), name)
