"""No file that serves every kind of data names one of them: a new kind is its folders and a row in each table."""

import ast

import pytest

from diffviz.domains import DATASETS, DOMAINS
from diffviz.experiment import iter_specs
from tests.test_imports import FILES

TABLES = {"diffviz.domains", "diffviz.views", "diffviz.aliases", "diffviz.lessons", "diffviz.reproduce"}  # whose rows name them
KINDS = {*DOMAINS, "heartbeat"}  # folders of domains/ and views/
# the other files there are lessons and what they measure, and experiments of one paper
MACHINERY = {f"diffviz.{name}" for name in ("lessons.base", "lessons.table", "reproduce.results", "reproduce.command")}
ASKS = {"shows_pictures", "of_pictures", "picture_shape", "IMAGES"}  # which kind of data is it?
PROCESSES = {"binomial", "categorical"}  # folders of a process that some kinds of data have
OF_ONE_KIND = ("plane", "position", "picture", "pixel", "grey", "heartbeat", "field_")
NAMES = (KINDS | DATASETS.keys()) - {name for name, *_ in iter_specs()}  # a data set "own" is there, and a field


def of_one_kind(module):
    """In a folder of a domain, or of a process that one of them has; or a lesson, or an experiment that is rerun."""
    parts = module.split(".")
    if parts[1:2] in (["lessons"], ["reproduce"]):
        return len(parts) > 2 and module not in MACHINERY  # it names what it shows
    folder, kind = [*parts, "", ""][1:3]
    return folder in PROCESSES or (folder in ("domains", "views") and kind in KINDS)


def named(module):
    """What a file names of one kind of data: its name or a data set's as a text, its folders in an import, questions for it."""
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES:
            yield node.value
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            yield from (name for name in names if of_one_kind(name) and f"{name}..".split(".")[1] not in PROCESSES)
        elif isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in ASKS:
                yield name


@pytest.mark.parametrize("module", [name for name in FILES if name not in TABLES and not of_one_kind(name)])
def test_a_shared_file_names_no_kind_of_data(module):
    assert set(named(module)) == set()


def test_the_files_of_each_kind_are_found():
    assert {name for name in FILES if of_one_kind(name)} >= {f"diffviz.domains.{name}.domain" for name in DOMAINS}


def test_what_the_player_is_told_has_no_word_for_one_kind_of_data():
    """Not a folder's name alone: constants and functions of points, pictures and bits stand with their views."""
    tree = ast.parse(FILES["diffviz.player.protocol"].read_text(encoding="utf-8"))
    called = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    called |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assert "shown_times" in called
    assert [name for name in called if any(word in name.lower() for word in OF_ONE_KIND)] == []
