"""Whatever a configuration is changed to, it is read or refused in a sentence."""

import json
import shutil

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffviz.pretrained.config import SCHEDULER_RULES, UNET_RULES
from diffviz.pretrained.denoiser import PretrainedError, load
from tests.pretrained.folders import CONFIG, INDEX, SCHEDULER, change

WORDS = sorted({str(choice) for rule in [*UNET_RULES.values(), *SCHEDULER_RULES.values()] for choice in rule.choices})
PRIMITIVES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 20)
    | st.sampled_from([32, 64, 1000, 2**31, 10**30, -(10**400)])
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
)
VALUES = PRIMITIVES | st.lists(PRIMITIVES, max_size=4) | st.dictionaries(st.text(max_size=3), PRIMITIVES, max_size=2)
NAMES = st.sampled_from([*UNET_RULES, *SCHEDULER_RULES, "_class_name", "unet", "scheduler"]) | st.text(max_size=8)


def try_to_load(saved, folder, file, values, dropped=frozenset()):
    """A sentence, or a denoiser that answers."""
    shutil.copytree(saved, folder)
    change(folder, file, **values)
    kept = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({name: value for name, value in kept.items() if name not in dropped}))
    message = ""
    try:
        denoiser = load(folder)
    except PretrainedError as error:
        message = str(error)
    else:
        answer = denoiser(torch.zeros(1, *denoiser.shape), 0.6, 0.8).x0_hat
        assert answer.shape == (1, *denoiser.shape)
        assert torch.isfinite(answer).all()
    assert not message or message.isprintable()
    assert len(message) < 400
    shutil.rmtree(folder)
    return message


@settings(max_examples=40)
@given(
    st.sampled_from([CONFIG, SCHEDULER, INDEX]),
    st.dictionaries(NAMES, VALUES, min_size=1, max_size=3),
    st.sets(NAMES, max_size=2),
)
def test_a_changed_configuration_is_read_or_refused_in_a_sentence(saved, tmp_path_factory, file, values, dropped):
    try_to_load(saved, tmp_path_factory.mktemp("changed") / "net", file, values, dropped)


def allowed(rule):
    """Values that the rule accepts, none large."""
    if rule.kind in (int, float):
        kind = st.integers if rule.kind is int else st.floats
        one = kind(int(rule.low) if rule.kind is int else rule.low, min(rule.kind(rule.high), rule.kind(64)))
    else:
        one = st.sampled_from(rule.choices or ((True, False) if rule.kind is bool else (None,)))
    values = st.lists(one, min_size=rule.length[0], max_size=min(rule.length[1], 4)) if rule.length else one
    return values | st.none() if rule.optional else values


@settings(max_examples=20)
@given(st.data())
def test_fields_each_allowed_make_a_network_or_a_sentence(saved, tmp_path_factory, data):
    names = data.draw(st.lists(st.sampled_from(sorted(UNET_RULES)), min_size=1, max_size=4, unique=True))
    values = {name: data.draw(allowed(UNET_RULES[name]), name) for name in names}
    assert all(UNET_RULES[name].accepts(value) for name, value in values.items())
    message = try_to_load(saved, tmp_path_factory.mktemp("changed") / "net", CONFIG, values)
    assert " must be " not in message or "out_channels" in message


@settings(max_examples=12)
@given(st.data())
def test_every_allowed_training_is_read_or_refused_in_a_sentence(saved, tmp_path_factory, data):
    names = data.draw(st.lists(st.sampled_from(sorted(SCHEDULER_RULES)), min_size=1, max_size=4, unique=True))
    values = {name: data.draw(allowed(SCHEDULER_RULES[name]), name) for name in names}
    assert all(SCHEDULER_RULES[name].accepts(value) for name, value in values.items())
    try_to_load(saved, tmp_path_factory.mktemp("changed") / "net", SCHEDULER, values)
