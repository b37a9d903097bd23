"""The glossary: every term that a first-year student may not know, in two layers, with numbers from the run on screen."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffviz.diagnostics.measured import Measured
from diffviz.inverse.factors import POINT_FACTORS
from diffviz.telling.glossary.commitment import COMMITMENT
from diffviz.telling.glossary.denoising import DENOISING
from diffviz.telling.glossary.energies import ENERGIES
from diffviz.telling.glossary.entry import Moment, Term
from diffviz.telling.glossary.information import INFORMATION
from diffviz.telling.glossary.inverse import INVERSE
from diffviz.telling.glossary.process import PROCESS
from diffviz.telling.glossary.sampling import SAMPLING
from diffviz.telling.glossary.symbols import SYMBOLS
from diffviz.telling.glossary.thermodynamics import THERMODYNAMICS
from diffviz.telling.glossary.training import OF_SETTING_OPTIONS, OF_SETTINGS, TRAINING
from diffviz.telling.typeset import formula, prose

GROUPS: dict[str, dict[str, Term]] = {
    "Forward and reverse process": PROCESS,
    "Masks and symbols": SYMBOLS,
    "Denoiser": DENOISING,
    "Sampling": SAMPLING,
    "Costs and metrics": INFORMATION,
    "Thermodynamics": THERMODYNAMICS,
    "Commitment, speed and memory": COMMITMENT,
    "Training": TRAINING,
    "Energy models": ENERGIES,
    "Inverse problems and editing": INVERSE,
}
GLOSSARY: dict[str, Term] = {name: term for group in GROUPS.values() for name, term in group.items()}

OF_FIELDS: dict[str, str] = {  # the entry that explains what a field of an Experiment is about
    "dataset": "data_distribution",
    "data_std": "kernel_bandwidth",
    "own_points": "data_distribution",
    "bandwidth": "kernel_bandwidth",
    "own_mixture": "data_distribution",
    "nodes": "data_distribution",
    "own_words": "data_distribution",
    "process": "masked_diffusion",
    "at_once": "total_correlation",
    "choice_temperature": "masked_diffusion",
    "letters": "posterior",
    "changes": "masked_diffusion",
    "schedule": "schedule",
    "steps": "forward",
    "beta_start": "schedule",
    "beta_end": "schedule",
    "scale_betas": "schedule",
    "zero_snr": "zero_snr",
    "points": "snr",
    "denoiser": "denoiser",
    "sampler": "reverse",
    "label": "guidance",
    "guidance": "guidance",
    "sampler_steps": "nfe",
    "spacing": "spacing",
    "eta": "eta",
    "corrector_steps": "langevin",
    "langevin_level": "langevin_chain",
    "langevin_step": "langevin_chain",
    "temperature": "langevin_chain",
    "variance": "variance",
    "start": "reverse",
    "start_time": "reverse",
    "test_image": "measurement",
    "test_image_b": "between",
    "own": "memorisation",
    "measurement": "measurement",
    "condition": "posterior",
    "measure_noise": "measurement",
    "angle": "factor",
    "offset": "factor",
    "mask": "measurement",
    "factor": "measurement",
    "blur_width": "measurement",
    "strength": "pigdm",
    "resamples": "repaint",
    "jump": "repaint",
}
OF_OPTIONS: dict[str, dict[str, str]] = {  # by field, the entries of single options
    "process": {"absorbing": "absorbing_state"},
    "sampler": {
        "ancestral": "ancestral",
        "ddim": "ddim",
        "heun": "probability_flow",
        "heun_edm": "probability_flow",
        "dpm_solver_2m": "probability_flow",
        "dpm_solver_2s": "probability_flow",
        "ode_euler": "probability_flow",
        "adaptive": "probability_flow",
        "langevin": "langevin",
        "ula": "langevin_chain",
        "mala": "langevin_chain",
    },
    "condition": {
        "guided": "pigdm",
        "exact": "posterior",
        "multiplied": "multiplied",
        "multiplied_ramp": "multiplied",
        "replace": "repaint",
        "shifted": "small_perturbation",
        "shifted_ramp": "small_perturbation",
    },
    "measurement": dict.fromkeys(POINT_FACTORS, "factor"),
    "start": {"late": "late_start", "picture": "edited", "between": "between"},
}


def glossary_json() -> dict[str, Any]:
    """What the page is told, once: the entries by name, the groups of the index, each in alphabetical order, and which entry
    explains a field and its options, of a run and, under "training", of a training's settings."""
    entries = {
        name: {
            "title": term.title,
            "sentence": prose(term.sentence),
            "formula": formula(term.formula),
            "text": prose(term.text),
            "sources": [{"text": text, "url": url} for text, url in term.sources],
        }
        for name, term in GLOSSARY.items()
    }
    index = [
        {"title": title, "terms": sorted(group, key=lambda name: group[name].title.lower())} for title, group in GROUPS.items()
    ]
    training = {"fields": OF_SETTINGS, "options": OF_SETTING_OPTIONS}
    return {"terms": entries, "index": index, "fields": OF_FIELDS, "options": OF_OPTIONS, "training": training}


def moment_of(measured: Measured[Any]) -> Moment:
    """Where worked numbers are computed: the visited time whose SNR is nearest to 1."""
    times = measured.times[1:]
    log_snr = measured.setup.schedule.log_snr[times]
    return Moment(measured, int(times[np.abs(log_snr).argmin()]))


def worked(name: str, measured: Measured[Any], t: int | None = None) -> str:
    """The worked number of an entry, from the run at a visited time t > 0, by default that of moment_of; "" if it has none."""
    return GLOSSARY[name].worked(moment_of(measured) if t is None else Moment(measured, t))


def worked_numbers(measured: Measured[Any]) -> dict[str, str]:
    """Of all entries that have one, at the time of moment_of; none of a run that takes no step."""
    if len(measured.times) < 2:
        return {}
    moment = moment_of(measured)
    found = {name: term.worked(moment) for name, term in GLOSSARY.items()}
    return {name: text for name, text in found.items() if text}
