"""What tests of an Experiment share: its fields, a picture, and what a refusal is."""

from dataclasses import fields

import pytest

from diffviz.experiment import Experiment, ExperimentError

NAMES = [item.name for item in fields(Experiment)]
# four quarters of black and white, 16 x 16
OWN_PICTURE = "1x16x16.UklGRigAAABXRUJQVlA4TBsAAAAvD8ADAA8w__M___MfeBALJvOX7kwhov-hywEA"


def complaint(make, *arguments, **fields):
    """The ExperimentError that is raised, which must be one plain sentence."""
    with pytest.raises(ExperimentError) as refused:
        make(*arguments, **fields)
    message = str(refused.value)
    assert is_a_sentence(refused.value), message
    return refused.value


def is_a_sentence(error):
    message = str(error)
    return message.isprintable() and len(message) <= 400 and message.endswith(".") and message.startswith(error.field + " ")


def outcome(make, argument):
    """An Experiment, or an ExperimentError of one sentence; anything else escapes and fails the test."""
    try:
        return make(argument)
    except ExperimentError as error:
        complaint = error
    assert is_a_sentence(complaint), str(complaint)
    return None
