"""A folder with a small network, for every test its own."""

import shutil

import pytest

from tests.gaussian.denoisers import networks


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return networks.save(tmp_path_factory.mktemp("saved") / "net")


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "net")
