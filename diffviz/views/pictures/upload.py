"""What becomes of a person's own picture: a text that the run is made from, or a sentence that says what is wrong."""

from __future__ import annotations

import base64
import binascii
import json
import math

from diffviz.domains.pictures import own_pictures
from diffviz.views.pictures.packed import smooth_pictures


def take_picture(what: str) -> str:
    """JSON of own, the picture as text, and most, the particles that can be shown smoothly; or of problem, a sentence.

    what: JSON of data, the file in base64, and side, in pixels."""
    try:
        asked = json.loads(what)
        data, side = base64.b64decode(asked["data"], validate=True), int(asked["side"])
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error, RecursionError):
        return json.dumps({"problem": "Your own image must be a PNG or JPEG file."})
    if len(data) > own_pictures.MAX_FILE_BYTES or side not in own_pictures.SIDES:
        return json.dumps({"problem": "Your own image must be smaller."})
    try:
        own = own_pictures.encode_picture(data, side)
        return json.dumps({"own": own, "most": smooth_pictures(math.prod(own_pictures.parse_shape(own)))})
    except ValueError as error:
        return json.dumps({"problem": f"Your own image {error}."})
