"""What an entry of the glossary is, and the moment of a run that its worked number is computed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.gaussian.kernels import ReverseKernel, reverse_kernel
from diffviz.schedules import NoiseSchedule
from diffviz.telling.typeset import prose
from diffviz.telling.words import number
from diffviz.trajectory import StepInfo


@dataclass(frozen=True, eq=False)
class Moment:
    """A finished run at one of its visited times t > 0, from which the next reverse step leads to s."""

    measured: Measured[Any]
    t: int

    @cached_property
    def setup(self) -> Setup:
        return self.measured.setup

    @property
    def schedule(self) -> NoiseSchedule:
        return self.setup.schedule

    @property
    def position(self) -> int:
        """Of t in the visited times, from 1 to K."""
        return int(np.searchsorted(self.measured.times, self.t))

    @property
    def s(self) -> int:
        return int(self.measured.times[self.position - 1])

    @property
    def levels(self) -> tuple[float, float, float, float]:
        """alpha_t, sigma_t, alpha_s, sigma_s."""
        table = self.schedule
        return tuple(float(values[time]) for time in (self.t, self.s) for values in (table.alpha, table.sigma))

    @property
    def kernel(self) -> ReverseKernel:
        """Of q(x_s|x_t, x_0) in a Gaussian process."""
        return reverse_kernel(self.schedule, self.s, self.t)

    @property
    def info(self) -> StepInfo | None:
        """What the sampler says of the step from t to s."""
        return self.measured.info[self.position]

    def metric(self, name: str) -> Estimate | None:
        """None where this run has no such metric."""
        return self.measured.estimate(name) if name in self.measured.metrics else None


@dataclass(frozen=True)
class Term:
    """One entry, in two layers: title and sentence; then formula, text, a worked number and sources. Mathematics is written as
    typeset.py reads it.

    sentence: what it is, in one sentence; text: what more there is to say, or ""
    sources: (paper and place in it, address) each
    of_moment: of a moment of the run on screen, a number computed from it; "" where that run has none
    data: what the data's distribution must be for it, such as a GaussianMixture where the process is Gaussian
    """

    title: str
    sentence: str
    formula: str
    text: str
    sources: tuple[tuple[str, str], ...]
    of_moment: Callable[[Moment], str]
    data: type | tuple[type, ...] = object

    def worked(self, moment: Moment) -> str:
        """The worked number, or "" where the run has none."""
        return prose(self.of_moment(moment)) if isinstance(moment.setup.distribution, self.data) else ""


def linear(*terms: tuple[float, str]) -> str:
    """A sum of factors and symbols as a reader writes it: 0.95 x_t − 0.3 ε."""
    text = "".join(f" {'−' if factor < 0 else '+'} {number(abs(factor), 2)} {symbol}" for factor, symbol in terms)
    return text.removeprefix(" + ").strip()


PAPERS: dict[str, tuple[str, str]] = {
    "2015": ("Sohl-Dickstein et al. 2015", "https://arxiv.org/abs/1503.03585"),
    "ddpm": ("Ho et al. 2020", "https://arxiv.org/abs/2006.11239"),
    "improved": ("Nichol & Dhariwal 2021", "https://arxiv.org/abs/2102.09672"),
    "ddim": ("Song et al. 2021 (DDIM)", "https://arxiv.org/abs/2010.02502"),
    "sde": ("Song et al. 2021 (score SDE)", "https://arxiv.org/abs/2011.13456"),
    "vdm": ("Kingma et al. 2021", "https://arxiv.org/abs/2107.00630"),
    "edm": ("Karras et al. 2022", "https://arxiv.org/abs/2206.00364"),
    "flow": ("Liu et al. 2023", "https://arxiv.org/abs/2209.03003"),
    "analytic": ("Bao et al. 2022", "https://arxiv.org/abs/2201.06503"),
    "dpm_first": ("Lu et al. 2022 (DPM-Solver)", "https://arxiv.org/abs/2206.00927"),
    "dpm": ("Lu et al. 2022 (DPM-Solver++)", "https://arxiv.org/abs/2211.01095"),
    "zero_snr": ("Lin et al. 2024", "https://arxiv.org/abs/2305.08891"),
    "guidance": ("Ho & Salimans 2022", "https://arxiv.org/abs/2207.12598"),
    "generalise": ("Kadkhodaie et al. 2024", "https://arxiv.org/abs/2310.02557"),
    "creativity": ("Kamb & Ganguli 2024", "https://arxiv.org/abs/2412.20292"),
    "repaint": ("Lugmayr et al. 2022", "https://arxiv.org/abs/2201.09865"),
    "pigdm": ("Song et al. 2023", "https://openreview.net/forum?id=9_gsMA8MRKQ"),
    "sdedit": ("Meng et al. 2022", "https://arxiv.org/abs/2108.01073"),
    "unet": ("Ronneberger et al. 2015", "https://arxiv.org/abs/1505.04597"),
    "mmse": ("Guo, Shamai & Verdú 2005", "https://arxiv.org/abs/cs/0412108"),
    "salamon": ("Salamon & Berry 1983", "https://doi.org/10.1103/PhysRevLett.51.1127"),
    "jarzynski": ("Jarzynski 1997", "https://arxiv.org/abs/cond-mat/9610209"),
    "crooks_1999": ("Crooks 1999", "https://arxiv.org/abs/cond-mat/9901352"),
    "crooks": ("Crooks 2007", "https://arxiv.org/abs/0706.0559"),
    "rare": ("Jarzynski 2006", "https://doi.org/10.1103/PhysRevE.73.046105"),
    "arrow": ("Jarzynski 2011", "https://doi.org/10.1146/annurev-conmatphys-062910-140506"),
    "raya": ("Raya & Ambrogioni 2023", "https://arxiv.org/abs/2305.19693"),
    "biroli": ("Biroli et al. 2024", "https://arxiv.org/abs/2402.18491"),
    "ikeda": ("Ikeda et al. 2025", "https://arxiv.org/abs/2407.04495"),
    "premkumar": ("Premkumar 2025", "https://arxiv.org/abs/2409.03817"),
    "mala": ("Roberts & Tweedie 1996", "https://doi.org/10.2307/3318418"),
    "neal": ("Neal 2001", "https://arxiv.org/abs/physics/9803008"),
    "hinton": ("Hinton 2002", "https://doi.org/10.1162/089976602760128018"),
    "tieleman": ("Tieleman 2008", "https://doi.org/10.1145/1390156.1390290"),
    "ngmcmc": ("Du & Mordatch 2019", "https://arxiv.org/abs/1903.08689"),
    "jem": ("Grathwohl et al. 2020", "https://arxiv.org/abs/1912.03263"),
    "tweedie": ("Efron 2011", "https://doi.org/10.1198/jasa.2011.tm11181"),
    "vincent": ("Vincent 2011", "https://doi.org/10.1162/NECO_a_00142"),
    "shannon": ("Shannon 1948", "https://doi.org/10.1002/j.1538-7305.1948.tb01338.x"),
    "kullback": ("Kullback & Leibler 1951", "https://doi.org/10.1214/aoms/1177729694"),
    "cover": ("Cover & Thomas 2006", "https://doi.org/10.1002/047174882X"),
    "vae": ("Kingma & Welling 2014", "https://arxiv.org/abs/1312.6114"),
    "surgery": ("Hoffman & Johnson 2016", "http://approximateinference.org/accepted/HoffmanJohnson2016.pdf"),
    "sliced": ("Bonneel et al. 2015", "https://doi.org/10.1007/s10851-014-0506-3"),
    "parzen": ("Parzen 1962", "https://doi.org/10.1214/aoms/1177704472"),
    "minsnr": ("Hang et al. 2023", "https://arxiv.org/abs/2303.09556"),
    "polyak": ("Polyak & Juditsky 1992", "https://doi.org/10.1137/0330046"),
    "sgdr": ("Loshchilov & Hutter 2017", "https://arxiv.org/abs/1608.03983"),
    "adam": ("Kingma & Ba 2015", "https://arxiv.org/abs/1412.6980"),
    "prechelt": ("Prechelt 1998", "https://doi.org/10.1007/3-540-49430-8_3"),
    "d3pm": ("Austin et al. 2021", "https://arxiv.org/abs/2107.03006"),
    "campbell": ("Campbell et al. 2022", "https://arxiv.org/abs/2205.14987"),
    "sedd": ("Lou et al. 2024", "https://arxiv.org/abs/2310.16834"),
    "mdlm": ("Sahoo et al. 2024", "https://arxiv.org/abs/2406.07524"),
    "watanabe": ("Watanabe 1960", "https://doi.org/10.1147/rd.41.0066"),
    "holland": ("Holland, Laskey & Leinhardt 1983", "https://doi.org/10.1016/0378-8733(83)90021-7"),
    "slerp": ("Shoemake 1985", "https://doi.org/10.1145/325165.325242"),
}


def cite(*places: tuple[str, str] | str) -> tuple[tuple[str, str], ...]:
    """Sources, each a name of PAPERS, or one with the place in it."""
    found = []
    for place in places:
        name, where = (place, "") if isinstance(place, str) else place
        paper, address = PAPERS[name]
        found.append((f"{paper}, {where}" if where else paper, address))
    return tuple(found)
