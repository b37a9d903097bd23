"""The texts that a person meets use the field's words: none of them speaks a language of this project alone.

Read are all text of the package that is no docstring (labels, helps, captions, questions, the glossary, messages), the page's
scripts and templates, README.md and the cards of the checkpoints.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PRIVATE = {  # a phrase, and what the field says
    r"looks?": "function evaluations (NFE)",
    r"heeded|heeds?": "conditioning method",
    r"haze": "kernel bandwidth",
    r"stirr?(?:s|ed|ing)?": "Langevin corrector steps",
    r"drown(?:s|ed|ing)?": "noised by the forward process",
    r"pays?|paid": "costs nats",
    r"dear(?:er|est)?": "expensive",
    r"wast(?:es?|ed|ing)": "discretisation gap",
    r"dissipated": "discretisation gap",
    r"by heart": "memorisation",
    r"guess(?:es|ed|ing)?": "denoised estimate",
    r"way back|ways back|there and back|into noise and back": "reverse process",
    r"(?<!second )laws?": "distribution",  # the second law of thermodynamics has no other name
    r"ink": "black",
    r"noise (?:seen|it sees)": "predicted noise",
    r"^in use$|denoiser in use": "this denoiser",
    r"bound so far|bits so far": "cumulative negative ELBO",
    r"turn(?:s|ed)? back": "start time",
    r"coarse pixels": "super-resolution",
    r"sampling alone": "two true samples of this size",
    r"second look": "second evaluation",
    r"up and down again": "RePaint resampling",
    r"gap against": "ELBO gap vs T",
    r"end in pure noise": "zero terminal SNR",
    r"picture that is given": "inverse problems and editing",
    r"hidden (?:letter|symbol|pair|edge)s?": "masked",
    r"(?:letter|symbol|pair|edge)s? (?:that )?(?:is|are) (?:hidden|shown)": "masked, unmasked",
    r"(?:hides?|reveals?|hiding|revealing) (?:letter|symbol|pair|edge)s?": "masks, unmasks",
    r"pictures?": "image",
}


def docstrings(tree):
    """The string nodes that are documentation."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr):
            yield node.body[0].value


IN_DOCUMENTATION = r"heeded|haze|stirr(?:s|ed)|drown(?:s|ed)|wast(?:es?|ed)|by heart|guess(?:es|ed)?|ways? back|laws?"


def texts_of_python(path):
    """(line, text) of every string that has a space in it: names, keys and units have none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node) for node in docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip() and id(node) not in told:
            yield node.lineno, node.value


def texts_of_script(path):
    """(line, text) of every string and template of a script that has a space in it; comments are for programmers."""
    comment = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)
    source = comment.sub(lambda found: "\n" * found[0].count("\n"), path.read_text(encoding="utf-8"))
    for found in re.finditer(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`", source):
        text = re.sub(r"\$\{[^}]*\}", "", found[0][1:-1])
        if " " in text.strip():
            yield source.count("\n", 0, found.start()) + 1, text


def texts_of_page(path):
    """(line, text) of a template or a document, without its tags and code."""
    text = re.sub(r"(?s)```.*?```|`[^`\n]*`|<[^>]*>", lambda found: "\n" * found[0].count("\n"), path.read_text(encoding="utf-8"))
    text = re.sub(r"(?m)^    .*$", "", text) if path.suffix == ".md" else text
    yield from enumerate(text.splitlines(), 1)


READERS = {".py": texts_of_python, ".js": texts_of_script, ".html": texts_of_page, ".md": texts_of_page}
FILES = [
    *sorted(path for path in (ROOT / "diffviz").rglob("*") if path.suffix in READERS),
    ROOT / "README.md",
    *sorted((ROOT / "checkpoints").rglob("README.md")),
]


def private(text):
    """The private words in a text."""
    return [phrase for phrase in PRIVATE if re.search(rf"(?<![\w-])(?:{phrase})(?![\w-])", text, re.IGNORECASE)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_text_speaks_a_private_language(path):
    found = [f"{line}: {text[:90]!r}: say {PRIVATE[p]}" for line, text in READERS[path.suffix](path) for p in private(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "100 looks",
        "Heeded by",
        "the law of x_t",
        "stirs",
        "What a step wastes",
        "Bound so far",
        "the noise it sees",
        "turned back",
    ],
)
def test_private_words_are_found(text):
    assert private(text)


@pytest.mark.parametrize(
    "text",
    [
        "Bayes' law-like rule",
        "the second law of thermodynamics",
        "looking",
        "stirring-free",
        "linking",
        "drawn",
        "thermodynamic dissipation",
    ],
)
def test_other_words_are_not(text):
    assert not private(text)


def test_texts_are_found_in_every_kind_of_file():
    for suffix in READERS:
        assert any(True for path in FILES if path.suffix == suffix for _ in READERS[suffix](path))
