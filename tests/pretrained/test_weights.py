"""Weights that are missing, damaged, of the wrong size or of another network are refused before they cost memory."""

import os
import struct

import pytest
import torch
from safetensors.torch import load_file, save_file

from diffviz.pretrained.denoiser import load
from diffviz.pretrained.folder import MAX_HEADER_BYTES
from tests.pretrained.folders import WEIGHTS, refused


def test_pickled_weights_are_not_even_opened(folder):
    """torch.save's format runs code when it is loaded."""
    torch.save(load_file(folder / WEIGHTS), folder / "unet" / "diffusion_pytorch_model.bin")
    assert load(folder).shape == (2, 8, 4)  # beside safetensors it is passed over
    (folder / WEIGHTS).unlink()
    refused(folder, "weights must be safetensors", "diffusion_pytorch_model.bin")
    variant = folder / "unet" / "diffusion_pytorch_model.bf16.bin"
    (folder / "unet" / "diffusion_pytorch_model.bin").rename(variant)
    refused(folder, "weights must be safetensors", "diffusion_pytorch_model.bf16.bin")
    variant.rename(folder / WEIGHTS)
    refused(folder, "is damaged")


def test_weights_in_several_files_are_refused(folder):
    (folder / WEIGHTS).rename(folder / "unet" / "diffusion_pytorch_model-00001-of-00001.safetensors")
    (folder / f"{WEIGHTS}.index.json").write_text("{}")
    refused(folder, "the weights must be in one file")
    (folder / f"{WEIGHTS}.index.json").rename(folder / f"{WEIGHTS}.index.fp16.json")
    refused(folder, "the weights must be in one file", "index.fp16.json")
    (folder / f"{WEIGHTS}.index.fp16.json").unlink()
    refused(folder, "are missing", "fp16", "bf16")


@pytest.mark.parametrize("kept", [0.0, 0.3])
def test_weights_of_the_wrong_size_are_not_opened(folder, kept):
    """kept: of the bytes. Less than half is less than half precision takes."""
    size = int((folder / WEIGHTS).stat().st_size * kept)
    os.truncate(folder / WEIGHTS, size)
    refused(folder, f"has {size} bytes; its ")
    os.truncate(folder / WEIGHTS, 10 * MAX_HEADER_BYTES)
    refused(folder, f"has {10 * MAX_HEADER_BYTES} bytes; its ")


@pytest.mark.parametrize("content", ["truncated", "longer", "zeros", "text", "header"])
def test_damaged_weights_are_refused(folder, content):
    path = folder / WEIGHTS
    good = path.read_bytes()
    bad = {
        "truncated": good[:-1],
        "longer": good + b"\0",
        "zeros": bytes(len(good)),
        "text": b"<html>" * (len(good) // 6),
        "header": struct.pack("<Q", 2**63) + good[8:],
    }
    path.write_bytes(bad[content])
    refused(folder, f"{WEIGHTS} is damaged")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused(folder, value):
    weights = load_file(folder / WEIGHTS)
    weights["conv_in.weight"][3, 1, 0, 0] = value
    save_file(weights, folder / WEIGHTS)
    refused(folder, "not finite")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("rename", "lacks 'conv_out.weight'"),
        ("drop", "lacks 'conv_out.bias'"),
        ("add", "the network has no, 'extra'"),
        ("reshape", "must have the shape [8, 2, 3, 3]"),
        ("twice", "twice"),
        ("whole numbers", "must be of F32, F16, BF16, not I32"),
        ("double", "must be of F32, F16, BF16, not F64"),
    ],
)
def test_other_weights_than_the_configurations_are_refused(folder, fault, words):
    weights = load_file(folder / WEIGHTS)
    attention = "mid_block.attentions.0"
    if fault == "rename":
        weights["out.weight"] = weights.pop("conv_out.weight")
    elif fault == "drop":
        del weights["conv_out.bias"]
    elif fault == "add":
        weights["extra"] = torch.zeros(1)
    elif fault == "reshape":
        weights["conv_in.weight"] = weights["conv_in.weight"].permute(1, 0, 2, 3).contiguous()
    elif fault == "twice":
        weights[f"{attention}.query.bias"] = torch.zeros(16)
    elif fault == "whole numbers":
        weights["conv_in.bias"] = torch.zeros(8, dtype=torch.int32)
    else:
        weights["conv_in.bias"] = weights["conv_in.bias"].double()
    save_file(weights, folder / WEIGHTS)
    refused(folder, WEIGHTS, words)
