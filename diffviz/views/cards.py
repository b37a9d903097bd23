"""What the cards of all trained networks say alike."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from diffviz.exports import training_command
from diffviz.training.settings import is_read

LONGEST = 60  # letters of a setting: own points may be many
SAME = "It trains on one thread, so that the same command on the same kind of processor gives the same weights, bit for bit."


def trained_again(recipe: Any, how: str = SAME) -> str:
    """In Markdown, the command that trains a network again, and the settings that its recipe reads. how: it does so."""
    told = {item.name: str(getattr(recipe, item.name)) for item in fields(recipe) if is_read(recipe, item)}
    rows = "\n".join(f"| {name} | {value if len(value) <= LONGEST else value[:LONGEST] + '…'} |" for name, value in told.items())
    return f"Train it again with\n\n    {training_command(recipe)}\n\n{how}\n\n| recipe | |\n|---|---|\n{rows}"
