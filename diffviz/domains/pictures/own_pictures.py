"""A person's own picture as a text that may stand in a link, and back.

    3x64x64.UklGR...    channels x height x width, then a small WebP file in base64url

Nothing of it is kept anywhere else: who has the text has the picture. WebP, since its decoding is fixed to the last bit and its
header is short: without loss where that fits into MAX_BYTES, as 32 x 32 always nearly and drawings often do, else with as little
as need be. What comes in is looked at with suspicion: its kind by its first bytes, its size by its header, both before a
pixel is decoded.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SIDES = (16, 32, 64)  # pixels
MAX_FILE_BYTES = 5 * 2**20
MAX_PIXELS = 4_000_000
MAX_BYTES = 3000  # of the WebP file: 4000 letters
LEVELS = 256

_KINDS = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}
STARTS = tuple(_KINDS)  # of the files that are read
MAX_LETTERS = -(-MAX_BYTES // 3) * 4
_FORM = re.compile(rf"([13])x([1-9][0-9]?)x([1-9][0-9]?)\.([A-Za-z0-9_-]{{4,{MAX_LETTERS}}})")
GREY_STEP = {"L;2": 85, "L;4": 17}  # by which Pillow multiplies grey samples of 2 and 4 bits
_LOSSY = range(95, -1, -5)  # WebP's quality
ALLOWED = "must be the text that an image was made into, such as 3x64x64.UklGR..."


def open_picture(data: bytes) -> Image.Image:
    """The picture in an uploaded file, not yet decoded. Raises ValueError."""
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"must be a file of at most {MAX_FILE_BYTES // 2**20} MB")
    kind = next((name for start, name in _KINDS.items() if data.startswith(start)), None)
    if kind is None:
        raise ValueError("must be a PNG or JPEG file")
    try:
        picture = Image.open(io.BytesIO(data), formats=(kind,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"must have at most {MAX_PIXELS // 10**6} megapixels") from error
    except Exception as error:  # Pillow's decoders raise of many kinds: OSError, SyntaxError, struct.error, ValueError
        raise ValueError(f"must be a {kind} file that is whole; this one is damaged") from error
    if picture.width * picture.height > MAX_PIXELS:
        raise ValueError(f"must have at most {MAX_PIXELS // 10**6} megapixels, not {picture.width} x {picture.height} pixels")
    if kind == "PNG" and getattr(picture, "is_animated", False):
        raise ValueError("must be one image, not an animation")
    return picture


def read_rgb(data: bytes) -> Image.Image:
    """The picture in an uploaded file, decoded, upright, on white where it is transparent."""
    picture = open_picture(data)
    bits = picture.tile[0][3]  # how the samples lie in the file, such as "RGB;16B"; of JPEG something else
    one = picture.info.get("transparency")  # a PNG's one transparent grey or colour (tRNS), in the file's own depth
    if bits == "I;16B":
        wide = np.asarray(picture).astype(np.int64)
        shown, opaque = Image.fromarray((wide >> 8).astype(np.uint8)), wide != one
    elif bits == "RGB;16B" and one is not None:
        opaque = ((np.asarray(picture).astype(np.int64) << 8 | _low_bytes(data)) != one).any(-1)
        shown = picture.convert("RGB")
    else:
        if bits in GREY_STEP and one is not None:  # Pillow spreads the samples over 0 to 255, but not this one
            picture.info["transparency"] = one * GREY_STEP[bits]
        shown, opaque = picture, None
    shown.info = dict(picture.info)  # which way is up
    if opaque is not None:
        shown.info.pop("transparency", None)
        shown = shown.convert("RGBA")
        shown.putalpha(Image.fromarray(np.where(opaque, 255, 0).astype(np.uint8)))
    shown = ImageOps.exif_transpose(shown)
    if shown.has_transparency_data:
        shown = shown.convert("RGBA")
        shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    return shown.convert("RGB")


def _low_bytes(data: bytes) -> NDArray[np.int64]:
    """[H, W, 3] the lower halves of the samples of a PNG file of 16 bits; Pillow's own reading keeps the upper ones."""
    picture = Image.open(io.BytesIO(data), formats=("PNG",))
    picture.tile = [(*picture.tile[0][:3], "RGB;16L")]
    return np.asarray(picture).astype(np.int64)


def _webp(picture: Image.Image) -> bytes:
    """At most MAX_BYTES."""
    for options in ({"lossless": True}, *({"quality": quality} for quality in _LOSSY)):
        out = io.BytesIO()
        picture.save(out, "WEBP", method=6, exact=True, **options)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue()


def encode_picture(data: bytes, side: int) -> str:
    """The text of an uploaded PNG or JPEG file: its middle square, side x side pixels, grey if it is all grey.

    Raises ValueError, in words that follow the name of a field, for a file that is none, damaged or too large.
    """
    if side not in SIDES:
        raise ValueError(f"must be {', '.join(map(str, SIDES))} pixels wide, not {side}")
    open_picture(data)
    try:
        square = ImageOps.fit(read_rgb(data), (side, side), Image.Resampling.LANCZOS)
    except Exception as error:  # as above, and whatever a broken profile or EXIF block raises
        raise ValueError("must be a file that is whole; this one is damaged or cut off") from error
    colours = np.asarray(square)
    channels = 1 if (colours == colours[..., :1]).all() else 3
    return f"{channels}x{side}x{side}." + base64.urlsafe_b64encode(_webp(square)).decode().rstrip("=")


def _webp_size(data: bytes) -> tuple[int, int]:
    """(width, height) that the header of a plain WebP file tells, (0, 0) for another: Pillow would take memory for it at once."""
    if len(data) < 30 or data[:4] != b"RIFF" or data[8:12] != b"WEBP" or int.from_bytes(data[4:8], "little") != len(data) - 8:
        return 0, 0
    if data[12:16] == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return tuple(int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))  # type: ignore[return-value]
    if data[12:16] == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return 0, 0


def parse_shape(text: str) -> tuple[int, int, int]:
    """(C, H, W) of the picture in a text. Raises ValueError where the text cannot be one."""
    found = _FORM.fullmatch(text)
    if found is None or found[2] != found[3] or int(found[2]) not in SIDES:
        raise ValueError(ALLOWED)
    return int(found[1]), int(found[2]), int(found[3])


@lru_cache(maxsize=64)
def decode_picture(text: str) -> NDArray[np.uint8]:
    """[C, H, W] the picture that a text holds. Raises ValueError for a text that encode_picture could not have written."""
    channels, height, width = parse_shape(text)
    letters = text.partition(".")[2]
    try:
        data = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError(ALLOWED) from error
    canonical = base64.urlsafe_b64encode(data).decode().rstrip("=")
    if canonical != letters or len(data) > MAX_BYTES or _webp_size(data) != (width, height):
        raise ValueError(ALLOWED)
    try:
        picture = Image.open(io.BytesIO(data), formats=("WEBP",))
        picture.load()
    except Exception as error:  # libwebp's complaints come as OSError, ValueError or EOFError
        raise ValueError(ALLOWED) from error
    if picture.mode != "RGB" or picture.size != (width, height):
        raise ValueError(ALLOWED)
    pixels = np.asarray(picture.convert("L"))[None] if channels == 1 else np.asarray(picture).transpose(2, 0, 1)
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)  # shared by all who ask
    return pixels


def default_picture(side: int = 32) -> NDArray[np.uint8]:
    """[3, side, side] one of ours, for who has none at hand: a sun over hills."""
    y, x = np.mgrid[0:side, 0:side] / (side - 1)
    sky = np.stack([0.25 + 0.75 * y, 0.45 + 0.3 * y, 0.85 - 0.35 * y])
    layers = [
        ((x - 0.68) ** 2 + (y - 0.36) ** 2 < 0.17**2, (1.0, 0.86, 0.3)),
        (y > 0.62 + 0.12 * np.sin(5.0 * x + 0.6), (0.36, 0.33, 0.55)),
        (y > 0.72 + 0.1 * np.sin(4.0 * x + 3.4), (0.16, 0.45, 0.36)),
        (y > 0.87 + 0.05 * np.sin(7.0 * x), (0.09, 0.26, 0.2)),
    ]
    for where, colour in layers:
        sky = np.where(where, np.array(colour)[:, None, None], sky)
    return np.rint(255 * sky).astype(np.uint8)
