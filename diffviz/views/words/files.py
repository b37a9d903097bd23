"""A person's own list of words, from a file."""

from __future__ import annotations

from pathlib import Path

from diffviz.domains.words.lists import MAX_TEXT
from diffviz.experiment import ExperimentError
from diffviz.files import reason


def text_of_file(text: str) -> str:
    """What --own-words says: words, or the name of a text file with words, which is read."""
    try:
        if not Path(text).is_file():
            return text
    except (OSError, ValueError):  # too long for a name
        return text
    try:
        with Path(text).open(encoding="utf-8-sig") as file:
            return file.read(MAX_TEXT + 1)
    except OSError as error:
        raise ExperimentError("own_words", f"must be a file that can be read: {reason(error)}.") from None
    except UnicodeDecodeError:
        raise ExperimentError("own_words", "must be a file of text, UTF-8.") from None
