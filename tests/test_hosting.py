"""What hosts read: the Space's metadata, the container, the proxy before replicas, and the README's table of their variables."""

import ast
import asyncio
import importlib.metadata
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from diffviz.pretrained import hub
from diffviz.ui.address import PORT
from diffviz.ui.limits import DISK_BYTES
from tests.finish import finish
from tests.load.serving import Server
from tests.load.visitor import Visitor
from tests.ui.conftest import Served

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCKER = [line.split(maxsplit=1) for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines() if line.strip()]
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
REQUIRED = dict(re.findall(r"^(\w+)([<>=].*)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE))


def test_the_space_knows_all_it_asks_for():
    given = yaml.safe_load(README.split("---")[1])
    assert set(given) == {
        *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file", "short_description"),
        *("tags", "pinned", "license", "suggested_hardware"),
    }
    assert {given["colorFrom"], given["colorTo"]} <= COLOURS
    assert given["sdk"] == "gradio"
    assert given["sdk_version"] in SpecifierSet(REQUIRED["gradio"])
    assert given["sdk_version"] == importlib.metadata.version("gradio")  # what the tests run with
    assert given["python_version"] in ("3.12", "3.10")  # of free Spaces
    assert (ROOT / given["app_file"]).is_file()
    assert 0 < len(given["short_description"]) <= 60
    assert len(given["emoji"].strip("\ufe0f")) == 1
    assert given["license"] == "apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert given["suggested_hardware"] in ("cpu-basic", "cpu-upgrade", "zero-a10g")
    assert isinstance(given["pinned"], bool)
    assert all(re.fullmatch("[a-z-]+", tag) for tag in given["tags"])


def told(instruction):
    return [rest for name, rest in DOCKER if name == instruction]


def test_the_container_has_what_the_page_needs_and_serves_it():
    """Read, not built: there is no docker where the tests run."""
    copied = {name for line in told("COPY") for name in line.split()[:-1]}
    assert copied == {"requirements.txt", "app.py", "README.md", "LICENSE", "diffviz", "checkpoints"}
    assert all((ROOT / name).exists() for name in copied)
    assert re.fullmatch(r"python:3\.1[0-2]-slim", told("FROM")[0])
    variables = dict(each.split("=") for each in told("ENV")[0].split())
    assert variables["GRADIO_SERVER_NAME"] == "0.0.0.0"
    assert variables["GRADIO_SERVER_PORT"] == told("EXPOSE")[0] == str(PORT)
    assert json.loads(told("CMD")[0]) == ["python", "app.py"]
    assert told("USER")[0] != "root"
    assert f'"torch{REQUIRED["torch"]}"' in told("RUN")[0]


def test_what_the_server_writes_is_said_as_it_is_bounded():
    files, networks = f"{DISK_BYTES / 1e6:.0f} MB at most", f"{hub.DISK_BYTES / 1e9:.0f} GB at most"
    for text in ((ROOT / "Dockerfile").read_text(), README.split("## Hosting")[1].split("\n| variable")[0]):
        assert files in text
        assert networks in text


def test_the_container_s_health_check_is_a_program_that_asks_for_health():
    options, _, command = told("HEALTHCHECK")[0].partition("CMD ")
    assert set(re.findall(r"--([\w-]+)=", options)) == {"interval", "timeout", "start-period", "retries"}
    name, flag, program = json.loads(command)
    assert (name, flag) == ("python", "-c")
    ast.parse(program)
    assert f"http://127.0.0.1:{PORT}/health" in program


def test_every_variable_that_is_read_is_in_the_readme_s_table():
    table = README.split("| variable |")[1].split("\n\n")[0]
    read = {name for path in (ROOT / "diffviz").rglob("*.py") for name in re.findall(r'"(DIFFVIZ_\w+)"', path.read_text("utf-8"))}
    assert len(read) > 6
    assert set(re.findall(r"`(DIFFVIZ_\w+)`", table)) == read


@pytest.mark.skipif(shutil.which("caddy") is None, reason="needs caddy")
def test_two_replicas_behind_a_proxy_keep_their_visitors(tmp_path):
    """Each visitor stays where he came first, both replicas have some, and the page is served."""
    replicas = []
    for name in "ab":
        (tmp_path / name).mkdir()
        replicas.append(Served(tmp_path / name))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = {
        "DIFFVIZ_ADDRESS": f"http://127.0.0.1:{port}",
        "DIFFVIZ_REPLICAS": " ".join(f"127.0.0.1:{each.port}" for each in replicas),
        "HOME": str(tmp_path),
    }
    try:
        names = {json.loads(ask(each.wait().url)): each for each in replicas}
        proxy = subprocess.Popen(
            ["caddy", "run", "--config", str(ROOT / "Caddyfile"), "--adapter", "caddyfile"], env={**os.environ, **where}
        )
        try:
            time.sleep(2)
            found = []
            for _ in range(12):
                visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
                met = {ask(f"http://127.0.0.1:{port}/", visitor) for _ in range(4)}
                assert len(met) == 1
                found.append(json.loads(met.pop()))
            assert set(found) == set(names)
            finish(eight_run_through(port))
            names.popitem()[1].end()
            finish(eight_run_through(port))  # who comes when one replica has ended is served by the other
        finally:
            proxy.terminate()
            proxy.wait(20)
    finally:
        for each in replicas:
            each.end()


async def eight_run_through(port):
    """Eight visitors at once open the page behind the proxy; each runs what no other does."""

    async def run_through(seed):
        async with Visitor(Server(port, pid=0)) as visitor:
            await visitor.load()
            heard = await visitor.run(await visitor.configuration(), {"seed": seed, "particles": 100, "steps": 10})
            assert f"seed={seed}" in heard.query

    await asyncio.gather(*(run_through(seed) for seed in range(50, 58)))


def ask(url, visitor=urllib.request):
    """Which process answers."""
    opened = visitor.open if hasattr(visitor, "open") else visitor.urlopen
    with opened(f"{url}gradio_api/app_id", timeout=30) as answer:
        return json.dumps(json.load(answer)["app_id"])
