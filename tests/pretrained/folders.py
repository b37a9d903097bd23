"""Folders of networks that somebody else saved, and how they are refused."""

import json
import re

import pytest

from diffviz.pretrained.denoiser import PretrainedError, load

WEIGHTS, CONFIG = "unet/diffusion_pytorch_model.safetensors", "unet/config.json"
SCHEDULER, INDEX = "scheduler/scheduler_config.json", "model_index.json"


def change(folder, file, **values):
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refused(folder, *words):
    with pytest.raises(PretrainedError) as error:
        load(folder)
    message = str(error.value)
    assert message.isprintable()
    assert re.search(r"\.$", message)
    assert len(message) < 400
    for word in words:
        assert word in message, message
    return message
