"""What the player does with positions."""

import base64

import numpy as np

from diffviz.player.protocol import LEVELS, RANGE


def unpack(text):
    """Pairs [n, 2]."""
    a, b, c = np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, 3).astype(np.uint16).T
    return (np.stack([a | ((b & 15) << 8), (b >> 4) | (c << 4)], 1) * (2 * RANGE / LEVELS) - RANGE).astype(np.float32)
