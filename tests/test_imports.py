"""Who may import whom, read from the source: the layers point one way, and each heavy library has one home."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in [*sorted((ROOT / "diffviz").rglob("*.py")), ROOT / "app.py"]
}

# From the ground up; a part may import itself (in no circle) and those below it.
LAYERS = [
    [
        "files",
        "console",
        "readable",
        "messages",
        "caching",
        "contexts",
        "deadline",
        "noise",
        "aliases",
        "fields",
        "levels",
        "schedules",
        "trajectory",
        "recording",
        "estimates",
    ],
    ["process", "spacings", "schedule_fields", "checkpoints", "training"],
    ["trained", "memory_fallback"],
    ["weights"],
    ["gaussian", "categorical"],
    ["binomial"],
    ["energies"],
    ["inverse", "pretrained"],
    ["domains"],
    ["relevant"],
    ["experiment"],
    ["grids", "devices"],
    ["engine"],
    ["diagnostics"],
    ["thermodynamics"],
    ["exports", "telling"],
    ["views"],
    ["reproduce"],
    ["lessons"],
    ["records", "drawings", "handouts", "train_command", "sweeps"],
    ["ui", "__main__"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
ASIDE = ["figures", "player"]  # they see arrays only


@cache
def nodes(module):
    """Of its source."""
    return [*ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8")))]


@cache
def imports(module):
    """Names of all modules that a file imports, wherever in it."""
    found = set()
    for node in nodes(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            found |= {
                f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in FILES else node.module for alias in node.names
            }
    return found


def inner(module):
    """Those of this house, without the package's own front door."""
    return {name for name in imports(module) if name in FILES}


def users(library):
    return {module for module in FILES if any(name.split(".")[0] == library for name in imports(module))}


def part(module):
    """Of diffviz.gaussian.samplers.ddim: gaussian."""
    return [*module.split("."), ""][1]


def test_the_files_are_found():
    assert {
        "app",
        "diffviz",
        "diffviz.engine",
        "diffviz.gaussian.samplers",
        "diffviz.gaussian.samplers.ddim",
        "diffviz.ui.page",
    } <= set(FILES)


def test_gradio_is_known_to_the_page_alone():
    allowed = {"diffviz.player.component", "app"} | {name for name in FILES if part(name) == "ui"}
    assert users("gradio") <= allowed
    assert "diffviz.player.component" in users("gradio")


def test_matplotlib_is_known_to_drawings_alone_and_plotly_to_the_player_which_serves_its_script():
    assert users("plotly") == {"diffviz.player.component"}
    assert users("matplotlib")
    assert users("matplotlib") <= {name for name in FILES if part(name) in ("figures", "views")}


def test_dask_is_known_to_sweeps_alone():
    assert users("dask") == users("distributed") == {"diffviz.sweeps.cluster"}


@pytest.mark.parametrize("module", [name for name in FILES if part(name) in ASIDE])
def test_figures_and_player_see_arrays_only(module):
    allowed = {"diffviz.files", "diffviz.trajectory", "diffviz.figures.theme"}
    assert {name for name in inner(module) if part(name) not in ASIDE} <= allowed


@pytest.mark.parametrize("module", [name for name in FILES if name not in ("app", "diffviz") and part(name) not in ASIDE])
def test_layers_point_one_way(module):
    assert part(module) in LEVEL, f"{part(module)} has no layer yet"
    for name in inner(module):
        if part(name) in ASIDE:
            assert LEVEL[part(module)] >= LEVEL["exports"], f"{module} draws"
        else:
            assert name != "diffviz", f"{module} imports the package's front door"
            assert LEVEL[part(name)] <= LEVEL[part(module)], f"{module} imports {name}, which stands above it"


def test_nothing_is_imported_in_a_circle():
    tuple(TopologicalSorter({module: inner(module) - {module} for module in FILES if module != "diffviz"}).static_order())


def test_what_windows_has_not_is_imported_where_its_absence_is_caught():
    unix, found = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "uvloop"}, {}
    for module in FILES:
        tries = [node for node in nodes(module) if isinstance(node, ast.Try)]
        caught = {id(each) for node in tries for handler in node.handlers if getattr(handler.type, "id", "") == "ImportError"
                  for each in node.body}  # fmt: skip
        for node in nodes(module):
            if isinstance(node, ast.Import) and (names := {alias.name for alias in node.names} & unix):
                found[module] = names
                assert id(node) in caught, module
            assert not (isinstance(node, ast.ImportFrom) and node.module in unix), module
    assert found == {"diffviz.files": {"fcntl"}, "diffviz.ui.connections": {"resource"}}


def test_app_is_the_command_line():
    assert inner("app") == {"diffviz.__main__"}


NETWORKS_LOADED = """
import sys
import diffviz.__main__
heavy = {"gradio", "plotly", "matplotlib", "dask", "distributed", "pyarrow", "scipy.stats", "scipy.interpolate"}
print(*(heavy & set(sys.modules)))
for dataset in ("spiral", "heartbeat", "digits", "names", "trees"):
    diffviz.run(diffviz.Experiment(dataset=dataset, denoiser="learned", steps=2, particles=2))
print(*({"torch._dynamo", "sympy"} & set(sys.modules)))
"""


def test_a_notebook_and_the_command_line_load_no_page_no_drawing_and_no_statistics_and_for_networks_no_compiler():
    """scipy.stats takes 0.3 s to import, scipy.interpolate 0.2 s, torch's compiler 1.5 s. The command line's imports are those of
    a notebook and more."""
    done = subprocess.run([sys.executable, "-c", NETWORKS_LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["", "", ""]


SHARED = ["diagnostics", "telling", "figures", "player", "records", "drawings", "exports"]
OF_VIEWS = ["diffviz.views", "diffviz.views.base", "diffviz.views.common", "diffviz.views.told"]


@pytest.mark.parametrize("module", [name for name in FILES if part(name) in SHARED] + OF_VIEWS)
def test_what_serves_every_domain_names_none(module):
    """It asks the tables; the names in VIEWS are one of them."""
    folders = {
        f"diffviz.{kind}.{path.name}"
        for kind in ("domains", "views")
        for path in (ROOT / "diffviz" / kind).iterdir()
        if path.is_dir()
    }
    assert not {".".join(name.split(".")[:3]) for name in inner(module)} & folders
    assert "shows_pictures" not in FILES[module].read_text(encoding="utf-8")
