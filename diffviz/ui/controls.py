"""The Experiment's fields as widgets, and back. Titles, help and limits come from the Experiment itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import gradio as gr

from diffviz import checkpoints
from diffviz.devices import available_devices
from diffviz.domains.pictures import own_pictures
from diffviz.domains.pictures.images import IMAGES, OWN
from diffviz.domains.plane.datasets import DATASETS
from diffviz.experiment import Experiment, Spec, iter_specs, parse_field
from diffviz.gaussian.kernels import PICTURE_VARIANCES
from diffviz.inverse import masks
from diffviz.inverse.tasks import PICTURE_STARTS, STARTS
from diffviz.relevant import DEFAULTS, relevant
from diffviz.schedules import SCHEDULES
from diffviz.ui.painter import Painter, painted_for

SLIDER_STEPS = 1000  # beyond, the slider would be too coarse to set; a link may ask for more
GIVEN = (  # what a run measures or begins from, in the order in which one would ask
    "start",
    "start_time",
    "measurement",
    "test_image",
    "test_image_b",
    "mask",
    "factor",
    "blur_width",
    "measure_noise",
    "condition",
    "strength",
    "resamples",
    "jump",
)
NOT_FOR_PICTURES = ("data_std", "points")  # one is of the plane's Gaussian, for the other there is no drawing in that tab

PICTURE_TABLES = {"dataset": IMAGES, "variance": PICTURE_VARIANCES, "start": {**STARTS, **PICTURE_STARTS}}  # menus of pictures


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Form:
    """The controls of a tab: main ones, then those that are folded away; pictures: of the Images tab."""

    main: tuple[str, ...]
    pictures: bool = False

    @property
    def folded(self) -> dict[str, tuple[str, ...]]:
        """What is folded away, by the title of the fold: of pictures those that are given; the other fields, in the order of the
        Experiment."""
        given = {"A picture that is given": GIVEN} if self.pictures else {}
        left_out = (*self.main, *(GIVEN + NOT_FOR_PICTURES if self.pictures else ()))
        return given | {"More": tuple(name for name, *_ in iter_specs(self.pictures) if name not in left_out)}

    @property
    def names(self) -> tuple[str, ...]:
        """The order of the widgets."""
        return self.main + sum(self.folded.values(), ())

    def _choices(self, name: str, spec: Spec) -> list[tuple[str, str]] | None:
        """(title, value) of what a menu offers; None for a field that is no menu."""
        if name == "denoiser":
            known = checkpoints.picture_names() if self.pictures else checkpoints.names()
            titles = IMAGES if self.pictures else DATASETS
            networks = [(f"Network of {titles[n].title if n in titles else n.replace('_', ' ')}", n) for n in known]
            return [("Exact", "exact"), ("Learned network", "learned"), *networks]
        if name == "label":
            return [("any", ""), *((str(number), str(number)) for number in range(int(spec.high) + 1))]
        if name == "device":
            return [(kind, kind) for kind in available_devices()]
        if self.pictures and name in PICTURE_TABLES:
            table = PICTURE_TABLES[name]
            return [(row.title, key) for key, row in table.items()]
        if not spec.choices:
            return None
        offered = list(zip(spec.titles, spec.choices, strict=True))
        if self.pictures and name == "schedule":  # some are made for data of the plane, or by hand
            made = {key for key, row in SCHEDULES.items() if row.measured or "points" in row.uses}
            offered = [(title, key) for title, key in offered if key not in made]
        return offered

    def _widget(self, name: str, value: Any, prefix: str) -> gr.components.Component:
        spec, kind = next((spec, kind) for field, spec, kind, _ in iter_specs(True) if field == name)
        common = {
            "label": spec.title,
            "info": spec.help,
            "value": value,
            "elem_id": f"{prefix}-{name}",
            "elem_classes": "dv-field",
        }
        if name == "denoiser":
            common["info"] = "What estimates the data: the closed form, or a trained network."
        choices = self._choices(name, spec)
        if name == "denoiser" and self.pictures:
            common["info"] += " Or type hub:owner/name, a network of the Hugging Face hub."
        if choices:
            common["allow_custom_value"] = name == "denoiser" and self.pictures
            return gr.Dropdown(choices, **{**common, "value": _text(value) if name == "label" else value})
        if kind is bool:
            return gr.Checkbox(**common)
        if name == "steps":
            return gr.Slider(spec.low, SLIDER_STEPS, step=1, **common)
        if name in ("eta", "data_std", "guidance"):
            return gr.Slider(spec.low, spec.high, step=0.05, **common)
        if name == "own":  # filled in by what stands in its place, ui/upload.py
            more = {"elem_id": f"{prefix}-own-text", "elem_classes": "dv-hidden"}
            return gr.Textbox(max_length=own_pictures.MAX_LETTERS + 10, **{**common, **more})
        if name == "mask":  # painted in what stands before it, ui/painter.py
            more = {"elem_id": f"{prefix}-mask-text", "elem_classes": "dv-hidden"}
            return gr.Textbox(max_length=masks.LONGEST, **{**common, **more})
        if kind is str:
            return gr.Textbox(max_length=200, **common)
        if spec.optional:  # a gr.Number left empty comes back as 0
            return gr.Textbox(placeholder="all", max_length=8, **{**common, "value": _text(value)})
        return gr.Number(**common)  # without a precision: a seed of 1.5 is refused, not rounded

    def make_widgets(self, names: tuple[str, ...], experiment: Experiment, prefix: str = "dv") -> list[gr.components.Component]:
        """A widget for each named field, set to the experiment. prefix: of their ids, where errors find them."""
        shown = self.visible(experiment)
        widgets = []
        for name in names:
            widget = self._widget(name, getattr(experiment, name), prefix)
            widget.visible = shown[name]
            widgets.append(widget)
            if name == "points":
                gr.HTML(
                    html_template='<svg viewBox="0 0 248 150" aria-label="Draw log SNR by hand"></svg>',
                    js_on_load="window.diffvizDrawer(element);",
                    elem_classes="dv-drawer",
                )
        return widgets

    def make_folded(
        self, experiment: Experiment, prefix: str, main: list[gr.components.Component]
    ) -> tuple[list[gr.components.Component], list[gr.Accordion]]:
        """The widgets of all folds, and the folds. main: the widgets before them."""
        widgets, folds, painter = list(main), [], None
        for title, names in self.folded.items():
            with gr.Accordion(title, open=False, elem_classes="dv-more") as fold:
                for name in names:
                    if name == "mask":
                        painter = Painter.build(prefix)
                    widgets += self.make_widgets((name,), experiment, prefix)
            folds.append(fold)
        if painter:
            painter.wire(*(widgets[self.names.index(name)] for name in ("measurement", "dataset", "test_image", "mask")))
        return widgets[len(main) :], folds

    def to_folds(self, experiment: Experiment) -> list[Any]:
        """What opens the fold of pictures that are given, if some are."""
        return [gr.update(open=not experiment.plain), gr.skip()] if self.pictures else [gr.skip()]

    def typed(self, values: Iterable[Any]) -> SimpleNamespace:
        """What the widgets say, in the order of names, by field; not yet checked, so that it may be half typed."""
        said = DEFAULTS | dict(zip(self.names, values, strict=True))
        for name in ("sampler_steps", "label"):
            if isinstance(said[name], str):
                said[name] = parse_field(name, said[name].strip())
        return SimpleNamespace(**said)

    def visible(self, e: Any) -> dict[str, bool]:
        """Which fields have an effect on the run, given the others: the rest is hidden. e: an Experiment, or what is typed."""
        names = relevant(e)
        return {name: name in names for name in self.names}

    def whys(self) -> dict[str, dict[str, str]]:
        """Field by field, what each of its choices is good for."""
        tables = PICTURE_TABLES if self.pictures else {}
        return {
            name: {key: row.why for key, row in tables[name].items()}
            if name in tables
            else dict(zip(spec.choices, spec.whys, strict=True))
            for name, spec, *_ in iter_specs(self.pictures)
            if spec.whys
        }

    def to_updates(self, experiment: Experiment) -> list[Any]:
        """What sets every widget, in the order of names, to the experiment."""
        shown = self.visible(experiment)
        updates = []
        for name in self.names:
            value, more = getattr(experiment, name), {}
            if name == "steps":
                more["maximum"] = max(SLIDER_STEPS, experiment.steps)
            if name in ("sampler_steps", "label"):
                value = _text(value)
            updates.append(gr.update(value=value, visible=shown[name], **more))
        return updates

    def to_visibility(self, *values: Any) -> list[Any]:
        """Show and hide after a change; values in the order of names."""
        shown = self.visible(self.typed(values))
        return [gr.update(visible=shown[name]) for name in self.names]

    def to_experiment(self, values: tuple[Any, ...]) -> Experiment:
        """The Experiment the widgets stand for, in the order of names. Raises ExperimentError."""
        said = vars(self.typed(values))
        said["mask"] = painted_for(said["dataset"], said["mask"])
        if said["dataset"] != OWN:  # it waits in its field, and no link need carry it
            said["own"] = ""
        return Experiment(**said)


PLANE = Form(("dataset", "data_std", "schedule", "points", "steps", "denoiser", "sampler"))
PICTURES = Form(("dataset", "schedule", "steps", "denoiser", "label", "guidance", "sampler"), pictures=True)
