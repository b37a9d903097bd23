"""A person's own list of words, from a file."""

from __future__ import annotations

import re
from pathlib import Path

from diffviz.domains.words.lists import MAX_TEXT
from diffviz.experiment import ExperimentError
from diffviz.files import reason
from diffviz.messages import show

_NAME = re.compile(r"\S*[/\\]\S*|\S+\.(txt|csv|tsv)")  # which no list of words is


def text_of_file(text: str) -> str:
    """What --own-words says: words, or the name of a text file with words, which is read."""
    try:
        there = Path(text).is_file()
    except (OSError, ValueError):  # too long for a name
        there = False
    if not there:
        if _NAME.fullmatch(text):
            raise ExperimentError("own_words", f"must be words or a file that is there, not {show(text)}.")
        return text
    try:
        with Path(text).open(encoding="utf-8-sig") as file:
            words = file.read(MAX_TEXT + 1)
        if not words.strip():
            raise ExperimentError("own_words", f"must be a file with words: {show(text)} has none.")
        return words
    except OSError as error:
        raise ExperimentError("own_words", f"must be a file that can be read: {reason(error)}.") from None
    except UnicodeDecodeError:
        raise ExperimentError("own_words", "must be a file of text, UTF-8.") from None
