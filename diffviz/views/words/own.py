"""What the editor of a person's own list asks: the list that a text is, and its picture."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

from diffviz.domains.words.lists import DATASETS, LINK_LETTERS, MAX_TEXT, OWN_DEFAULT, distribution_of, read_words, words_text
from diffviz.views.png import small_png
from diffviz.views.words.thumbnail import WORDS, drawn

OWN = "own_words"
THUMBNAIL = 96  # pixels a side of a card's picture


def take_words(what: str) -> str:
    """JSON of a list: own_words, its text; words, how many there are; entropy_bits of one of them; link, whether a link can hold
    them; or of problem, a sentence.

    what: JSON of own_words, a text; "" for ours.
    """
    try:
        text = json.loads(what)[OWN]
        found = read_words(text or OWN_DEFAULT)
        entropy = distribution_of(OWN, found.text).entropy_nats / math.log(2.0)
    except ValueError as error:
        why = str(error) if str(error).startswith("must") else "must be a text"
        return json.dumps({"problem": f"Your words {why}."})
    except (KeyError, TypeError, AttributeError, RecursionError):
        return json.dumps({"problem": "Your words must be a text."})
    return json.dumps(
        {
            OWN: found.text,
            "words": len(found.words),
            "entropy_bits": round(entropy, 3),
            "link": len(found.text) <= LINK_LETTERS,
        }
    )


def picture_words(what: str) -> str:
    """JSON of png, a small picture of a person's own list as a data: address: its most frequent words; of problem, where it is
    none.

    what: JSON of dataset and own_words, as an Experiment has them.
    """
    try:
        found = read_words(json.loads(what)[OWN] or OWN_DEFAULT)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return json.dumps({"problem": "These words cannot be drawn."})
    first = sorted(range(len(found.words)), key=lambda i: -found.weights[i])[:WORDS]
    png = base64.b64encode(small_png(drawn([found.words[i] for i in first], THUMBNAIL))).decode()
    return json.dumps({"png": f"data:image/png;base64,{png}"})


CONTROLS: dict[str, dict[str, Any]] = {
    OWN: {
        "pictured": picture_words.__name__,
        "reads": DATASETS[OWN].uses,
        "ways": [("paste", "Paste words"), ("upload", "Upload a list")],
        "kind": "editor",
        "asks": take_words.__name__,
        "script": "views/words/own.js",
        "does": "Paste or upload …",
        "most": MAX_TEXT,
        "usual": words_text(OWN_DEFAULT),
    },
}
