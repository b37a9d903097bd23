"""The Experiment's fields as widgets, and back. Titles, help and limits come from the Experiment itself."""

from __future__ import annotations

from typing import Any

import gradio as gr

from diffviz import checkpoints
from diffviz.datasets import DATASETS
from diffviz.engine import available_devices
from diffviz.experiment import Experiment, iter_specs, parse_field
from diffviz.samplers import SAMPLERS
from diffviz.schedules import SCHEDULES

MAIN = ("dataset", "data_std", "schedule", "points", "steps", "denoiser", "sampler")
MORE = tuple(name for name, *_ in iter_specs() if name not in MAIN)
NAMES = MAIN + MORE  # the order of the widgets
SLIDER_STEPS = 1000  # beyond, the slider would be too coarse to set; a link may ask for more


def _denoiser_choices() -> list[tuple[str, str]]:
    networks = [(f"Network of {DATASETS[n].title if n in DATASETS else n}", n) for n in checkpoints.names()]
    return [("Exact", "exact"), ("Learned network", "learned"), *networks]


def _widget(name: str, value: Any, prefix: str) -> gr.components.Component:
    spec, kind = next((spec, kind) for field, spec, kind, _ in iter_specs() if field == name)
    common = {"label": spec.title, "info": spec.help, "value": value, "elem_id": f"{prefix}-{name}", "elem_classes": "dv-field"}
    if name == "denoiser":
        return gr.Dropdown(
            _denoiser_choices(), **{**common, "info": "Who guesses the data: the truth, or a network that learned."}
        )
    if name == "device":
        return gr.Dropdown(available_devices(), **common)
    if spec.choices:
        return gr.Dropdown(list(zip(spec.titles, spec.choices, strict=True)), **common)
    if kind is bool:
        return gr.Checkbox(**common)
    if name == "steps":
        return gr.Slider(spec.low, SLIDER_STEPS, step=1, **common)
    if name in ("eta", "data_std"):
        return gr.Slider(spec.low, spec.high, step=0.05, **common)
    if kind is str:
        return gr.Textbox(max_length=200, **common)
    if spec.optional:  # a gr.Number left empty comes back as 0
        return gr.Textbox(placeholder="all", max_length=8, **{**common, "value": _text(value)})
    return gr.Number(**common)  # without a precision: a seed of 1.5 is refused, not rounded


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def make_widgets(names: tuple[str, ...], experiment: Experiment, prefix: str = "dv") -> list[gr.components.Component]:
    """A widget for each named field, set to the experiment. prefix: of their ids, where errors find them."""
    shown = visible(experiment.to_dict())
    widgets = [_widget(name, getattr(experiment, name), prefix) for name in names]
    for name, widget in zip(names, widgets, strict=True):
        widget.visible = shown[name]
    if "points" in names:
        gr.HTML(
            html_template='<svg viewBox="0 0 248 130" aria-label="Draw log SNR by hand"></svg>',
            js_on_load="window.diffvizDrawer(element);",
            elem_classes="dv-drawer",
        )
    return widgets


def visible(values: dict[str, Any]) -> dict[str, bool]:
    """Which fields say something about the run, given the others: the rest is hidden."""
    schedule = SCHEDULES[values["schedule"]].uses if values["schedule"] in SCHEDULES else ()
    sampler = SAMPLERS[values["sampler"]].uses if values["sampler"] in SAMPLERS else ()
    shown = dict.fromkeys(NAMES, True)
    shown["data_std"] = values["dataset"] == "gaussian"
    shown["beta_start"] = shown["beta_end"] = shown["scale_betas"] = "start" in schedule
    shown["points"] = "points" in schedule
    shown["eta"], shown["corrector_steps"] = "eta" in sampler, "corrector_steps" in sampler
    shown["spacing"] = values["sampler_steps"] not in (None, "")
    return shown


def whys() -> dict[str, dict[str, str]]:
    """Field by field, what each of its choices is good for."""
    return {name: dict(zip(spec.choices, spec.whys, strict=True)) for name, spec, *_ in iter_specs() if spec.whys}


def to_updates(experiment: Experiment) -> list[Any]:
    """What sets every widget, in the order of NAMES, to the experiment."""
    shown = visible(experiment.to_dict())
    updates = []
    for name in NAMES:
        value, more = getattr(experiment, name), {}
        if name == "steps":
            more["maximum"] = max(SLIDER_STEPS, experiment.steps)
        if name == "sampler_steps":
            value = _text(value)
        updates.append(gr.update(value=value, visible=shown[name], **more))
    return updates


def to_visibility(*values: Any) -> list[Any]:
    """Show and hide after a change; values in the order of NAMES."""
    shown = visible(dict(zip(NAMES, values, strict=True)))
    return [gr.update(visible=shown[name]) for name in NAMES]


def to_experiment(values: tuple[Any, ...]) -> Experiment:
    """The Experiment the widgets stand for, in the order of NAMES. Raises ExperimentError."""
    fields = dict(zip(NAMES, values, strict=True))
    if isinstance(fields["sampler_steps"], str):
        fields["sampler_steps"] = parse_field("sampler_steps", fields["sampler_steps"].strip())
    return Experiment(**fields)
