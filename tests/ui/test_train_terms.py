"""What the Train tab's script names of the rest of the house is there."""

import re
from importlib.resources import files

import pytest

from diffviz.telling.glossary import GLOSSARY

SCRIPTS = {
    item.name: item.read_text(encoding="utf-8") for item in (files("diffviz.ui") / "train").iterdir() if item.name.endswith(".js")
}
PATTERNS = {  # by file, where it names entries of the glossary
    "charts.js": r'term: "(\w+)"|estimated\("[^"]+", "(\w+)"',
    "words.js": r'\bterm\("(\w+)"',
    "panels.js": r'term: "(\w+)"',
}


@pytest.mark.parametrize("name", PATTERNS)
def test_every_term_has_an_entry_in_the_glossary(name):
    found = {
        term for groups in re.findall(PATTERNS[name], SCRIPTS[name]) for term in ([groups] if isinstance(groups, str) else groups)
    }
    assert found - {""}
    assert found - {""} <= set(GLOSSARY)
