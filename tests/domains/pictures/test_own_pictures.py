"""A picture into a text and back; what is no picture is one sentence, soon and in little memory."""

import base64
import io
import json
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from diffviz import Experiment, ExperimentError, run
from diffviz.domains.pictures import own_pictures
from diffviz.domains.pictures.images import OWN, picture_shape
from diffviz.domains.pictures.own_pictures import (
    MAX_BYTES,
    MAX_LETTERS,
    SIDES,
    decode_picture,
    default_picture,
    encode_picture,
    parse_shape,
)
from diffviz.engine import Setup

RNG = np.random.default_rng(0)
PICTURE = default_picture(200).transpose(1, 2, 0)  # [H, W, 3]


def file(pixels, kind="PNG", mode=None, **options):
    """The bytes of a picture file."""
    out = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(out, kind, **options)
    return out.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, body=b"", before=b""):
    """A PNG file by hand, with any size in its header."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def text_of(data, head="3x16x16."):
    return head + base64.urlsafe_b64encode(data).decode().rstrip("=")


def refused(data, side=32):
    with pytest.raises(ValueError, match=r"^must") as error:
        encode_picture(data, side)
    assert "\n" not in str(error.value)
    return str(error.value)


def answer(function, *arguments):
    """What it returns, or what it complains of; any other error than ValueError goes through."""
    try:
        return function(*arguments)
    except ValueError as error:
        return str(error)


GOOD = encode_picture(file(PICTURE), 16)
DATA = base64.urlsafe_b64decode(GOOD.partition(".")[2] + "==")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("pixels", [PICTURE, RNG.integers(0, 2, (64, 64, 3), dtype=np.uint8) * 255, PICTURE[..., 0]], ids=len)
def test_a_text_is_short_and_holds_what_it_says(pixels, side):
    text = encode_picture(file(pixels), side)
    assert len(text) <= len("3x64x64.") + MAX_LETTERS <= 4100
    shape = (pixels.ndim if pixels.ndim == 3 else 1, side, side)
    assert parse_shape(text) == decode_picture(text).shape == picture_shape(OWN, text) == shape


def test_small_pictures_come_back_to_the_bit():
    for side in (16, 32):
        own = default_picture(side)
        np.testing.assert_array_equal(decode_picture(encode_picture(file(own.transpose(1, 2, 0)), side)), own)
    grey = RNG.integers(0, 256, (16, 16), dtype=np.uint8)
    np.testing.assert_array_equal(decode_picture(encode_picture(file(grey), 16))[0], grey)


def test_a_photograph_of_64_pixels_is_close():
    smooth = Image.fromarray(RNG.integers(0, 256, (12, 12, 3), dtype=np.uint8)).resize((64, 64), Image.Resampling.BICUBIC)
    found = decode_picture(encode_picture(file(smooth), 64)).transpose(1, 2, 0).astype(float)
    assert np.sqrt(np.mean((found - np.asarray(smooth)) ** 2)) < 8  # of 255


def test_the_middle_square_is_taken_and_upright():
    wide = np.zeros((40, 100, 3), np.uint8)
    wide[:, 30:70] = (200, 100, 50)
    middle = decode_picture(encode_picture(file(wide), 16))
    assert (np.abs(middle[:, :, 2:-2].astype(int) - np.array([200, 100, 50])[:, None, None]) <= 2).all()
    assert np.abs(middle[0].astype(int) - 200).max() < 40  # the edge is smoothed with what lies beyond it
    half = np.zeros((64, 64, 3), np.uint8)
    half[:32] = 255  # white above
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise: white to the right
    turned = decode_picture(encode_picture(file(half, "JPEG", exif=exif), 16))[0].astype(int)
    assert turned[:, 12:].min() > 240
    assert turned[:, :4].max() < 15


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (file(np.full((20, 20), 40_000, np.uint16)), 156),  # 16 bits
        (file(np.full((20, 20, 4), (9, 9, 9, 0), np.uint8)), 255),  # transparent: on white
        (file(Image.new("RGB", (20, 20), (77, 77, 77)).quantize(4)), 77),  # a palette
        (file(np.full((20, 20), 255, np.uint8), mode="1"), 255),
        (file(np.full((20, 20, 2), (128, 255), np.uint8)), 128),  # grey with transparency
        (file(np.full((20, 20, 3), 90, np.uint8), "JPEG", mode="CMYK", quality=95), 90),
        (file(np.full((1, 1), 12, np.uint8)), 12),
    ],
)
def test_every_kind_of_pixel_is_read(data, expected):
    found = decode_picture(encode_picture(data, 16)).astype(int)
    assert found.shape == (1, 16, 16)
    assert np.abs(found - expected).max() <= 2


def by_hand(depth, kind, samples, transparency=b"", palette=b""):
    """A PNG file of 20 x 20 equal pixels of so many bits a sample.

    kind: as in its header, 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
    """
    bits = "".join(f"{sample:0{depth}b}" for sample in samples) * 20
    row = bytes([0]) + int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 20, 20, depth, kind, 0, 0, 0))
    extra = (chunk(b"PLTE", palette) if palette else b"") + (chunk(b"tRNS", transparency) if transparency else b"")
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(row * 20)) + chunk(b"IEND", b"")


def shorts(*values):
    return struct.pack(f">{len(values)}H", *values)


GREYS = {1: (0, 1), 2: (1, 2), 4: (5, 9), 8: (70, 200), 16: (0x4012, 0x4013)}  # by bits: two that differ in the last of them


@pytest.mark.parametrize(("depth", "coloured"), [*((depth, False) for depth in GREYS), (8, True), (16, True)])
def test_the_one_transparent_colour_is_compared_in_the_files_own_bits(depth, coloured):
    """PNG, section 11.3.2.1: a pixel of exactly the sample in tRNS is transparent, any other is opaque."""
    clear, opaque = GREYS[depth]
    channels = 3 if coloured else 1
    for sample, seen in ((clear, 255), (opaque, round(opaque * 255 / (2**depth - 1)))):
        samples = [clear] * (channels - 1) + [sample]  # the last channel decides
        data = by_hand(depth, 2 if coloured else 0, samples, shorts(*[clear] * channels))
        found = decode_picture(encode_picture(data, 16)).astype(int)
        assert np.abs(found[-1] - seen).max() <= 2, (sample, found[-1, 8, 8])
        other = seen if sample == clear else round(clear * 255 / (2**depth - 1))
        assert np.abs(found[0] - (other if coloured else seen)).max() <= 2


PALETTE = bytes([10, 20, 30, 200, 100, 50])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (by_hand(1, 3, [1], bytes([255, 0]), PALETTE), (255, 255, 255)),
        (by_hand(1, 3, [0], bytes([255, 0]), PALETTE), (10, 20, 30)),
        (by_hand(2, 3, [1], bytes([0]), PALETTE), (200, 100, 50)),  # what tRNS does not name is opaque
        (by_hand(4, 3, [0], bytes([0]), PALETTE), (255, 255, 255)),
        (by_hand(8, 3, [0], bytes([128, 0]), PALETTE), (132, 137, 142)),  # half of it is white
        (by_hand(8, 4, [100, 0]), (255, 255, 255)),
        (by_hand(16, 4, [0x6400, 0x8000]), (177, 177, 177)),
        (by_hand(16, 6, [0xFFFF, 0, 0, 0x8000]), (255, 127, 127)),
        (by_hand(16, 6, [0xFFFF, 0, 0, 0]), (255, 255, 255)),
        (by_hand(16, 2, [0xC800, 0x6400, 0x3200]), (200, 100, 50)),
    ],
)
def test_transparency_of_every_kind_is_laid_on_white(data, expected):
    found = np.broadcast_to(decode_picture(encode_picture(data, 16)).astype(int), (3, 16, 16))  # grey where all is grey
    assert np.abs(found - np.array(expected)[:, None, None]).max() <= 2


def test_grey_of_16_bits_is_turned_upright_and_its_transparency_with_it():
    """Eight rows of the transparent grey above: to be turned by a quarter, clockwise, so that it comes to lie to the right."""
    half = np.full((16, 16), 0x2000, np.uint16)
    half[:8] = 0x1000
    exif = Image.Exif()
    exif[0x0112] = 6
    data = file(half, exif=exif)
    at = data.index(b"IDAT") - 4
    turned = decode_picture(encode_picture(data[:at] + chunk(b"tRNS", shorts(0x1000)) + data[at:], 16))[0].astype(int)
    assert turned[:, 9:].min() > 250
    assert np.abs(turned[:, :7] - 0x20).max() <= 2


def test_what_is_no_picture_is_said():
    gif, webp = file(PICTURE, "GIF"), file(PICTURE, "WEBP")
    for data in (b"", b"hello", gif, webp, b"<svg/>", file(PICTURE, "BMP")):
        assert refused(data) == "must be a PNG or JPEG file"
    frames = [Image.fromarray(PICTURE), Image.fromarray(255 - PICTURE)]
    assert "animation" in refused(file(frames[0], save_all=True, append_images=frames[1:]))
    assert "5 MB" in refused(file(PICTURE) + bytes(6_000_000))
    assert "16, 32, 64" in refused(file(PICTURE), 31)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_file_cut_off_anywhere_is_said(kind):
    whole = file(PICTURE, kind)
    for end in np.linspace(8, len(whole) * 0.9, 25).astype(int):
        assert "damaged" in refused(whole[:end])


def test_bombs_cost_nothing():
    zeros = zlib.compress(bytes(60_000_000), 9)
    bombs = [
        png(30_000, 30_000, zeros),
        png(2**31 - 1, 2**31 - 1),
        png(2001, 2000, zeros),
        png(16, 16, zeros, before=chunk(b"zTXt", b"a\0\0" + zeros) * 8),
    ]
    tracemalloc.start()
    started = time.perf_counter()
    for bomb in bombs[:3]:
        assert "megapixels" in refused(bomb)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    refused(bombs[3])
    assert time.perf_counter() - started < 3


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", file(PICTURE)[:60], png(5, 5)]))
def test_arbitrary_bytes_are_a_picture_or_a_sentence(data, start):
    text = answer(encode_picture, start + data, 16)
    assert text.startswith("must ") or decode_picture(text).shape == parse_shape(text)


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_file_is_a_picture_or_a_sentence(data):
    whole = bytearray(data.draw(st.sampled_from([file(PICTURE[:32, :32]), file(PICTURE[:32, :32], "JPEG")])))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert answer(encode_picture, bytes(whole), 16).startswith(("must ", "3x16x16.", "1x16x16."))


@given(st.text(max_size=60) | st.from_regex(r"[13]x(16|64)x(16|64)\.[A-Za-z0-9_-]{0,200}", fullmatch=True) | st.none())
@example("")
@example(GOOD + "=")
@example(GOOD + "A")
@example(GOOD + "AAAA")
@example(GOOD[:-1] + " ")
@example(GOOD.replace("3x16x16", "3x32x32"))
@example(GOOD.replace("3x16x16", "3x16x32"))
@example(GOOD.replace("3x16x16", "2x16x16"))
@example(GOOD.replace("3x16x16", "3x016x16"))
@example(text_of(b"x" * (MAX_BYTES + 1)))
@example(text_of(file(PICTURE[:16, :16])))
@example(text_of(file(PICTURE[:16, :16], "JPEG")))
@example(text_of(file(np.full((16, 16, 4), 9, np.uint8), "WEBP", lossless=True)))
@example(text_of(DATA[:4] + struct.pack("<I", len(DATA)) + DATA[8:]))
@example(text_of(DATA[:-9]))
def test_other_texts_are_refused(text):
    if text is None:
        return
    with pytest.raises(ValueError, match=r"^must be the text"):
        decode_picture(text)


@settings(max_examples=200)
@given(st.integers(12, len(DATA) - 1), st.integers(0, 255))
def test_a_damaged_text_is_a_picture_of_its_shape_or_refused(place, byte):
    damaged = bytearray(DATA)
    damaged[place] = byte
    found = answer(decode_picture, text_of(bytes(damaged)))
    assert found == own_pictures.ALLOWED if isinstance(found, str) else found.shape == (3, 16, 16)


@pytest.mark.parametrize("lossless", [True, False])
def test_a_text_that_tells_of_a_huge_picture_takes_no_memory(lossless, monkeypatch):
    """Pillow makes room for a WebP when it opens it: the header is read before."""
    monkeypatch.setattr(own_pictures.Image, "open", lambda *a, **k: pytest.fail("was opened"))
    small = bytearray(file(np.zeros((16, 16, 3), np.uint8), "WEBP", lossless=lossless))
    if lossless:
        small[21:25] = struct.pack("<I", (16382 | 16382 << 14) & 0xFFFFFFFF)
    else:
        small[26:30] = struct.pack("<HH", 16383, 16383)
    with pytest.raises(ValueError, match="must be the text"):
        decode_picture(text_of(bytes(small)))


def test_the_exact_denoiser_returns_the_one_picture():
    """From pure noise, with any number of steps: within the kernel of half a grey level."""
    text = encode_picture(file(PICTURE), 16)
    wanted = torch.from_numpy(decode_picture(text).astype(np.float32)) / 127.5 - 1.0
    for fields in ({}, {"sampler": "ddim"}, {"schedule": "rectified_flow", "sampler": "heun"}):
        trajectory = run(Experiment(dataset=OWN, own=text, steps=20, particles=3, **fields))
        assert trajectory.forward.shape == (21, 3, 3, 16, 16)
        np.testing.assert_allclose(trajectory.forward[0, 1], wanted, atol=1e-6)
        back = np.abs(trajectory.reverse[-1] - wanted.numpy())
        assert back.max() < 5 / 255
        assert back.mean() < 1.5 / 255


def test_an_experiment_brings_its_picture_along():
    experiment = Experiment(dataset=OWN, own=GOOD, steps=4, particles=2)
    assert Experiment.from_query(experiment.to_query()) == experiment
    assert Experiment.from_json(json.dumps(experiment.to_dict())) == experiment
    assert Setup(experiment).shape == (3, 16, 16)
    assert experiment.particle_steps == 2 * 12 * 3 * 16 * 16 // 2
    ours = Setup(Experiment(dataset=OWN, particles=1))
    assert ours.shape == (3, 32, 32)
    np.testing.assert_allclose(ours.data()[0], default_picture() / 127.5 - 1.0, atol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"own": "3x64x64.AAAA"}, "own must be the text that an image was made into"),
        ({"own": GOOD[:-4]}, "own must be the text"),
        ({"denoiser": "learned"}, "denoiser must be exact for own, on which no network was trained"),
        ({"denoiser": "digits"}, None),
    ],
)
def test_what_cannot_be_is_one_sentence(fields, message):
    with pytest.raises(ExperimentError, match=message or "images like own; digits was trained on digits"):
        run(Experiment(dataset=OWN, steps=2, particles=1, **fields))
