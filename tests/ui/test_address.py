"""Where the page listens: the options, the environment, and every way in which nobody can listen there."""

import os
import socket
import urllib.request
from pathlib import Path

import pytest

from diffviz.__main__ import main
from diffviz.experiment import ExperimentError
from diffviz.ui import address
from diffviz.ui.address import HOST_VARIABLE, PORT_VARIABLE, listening_address, prepare_environment

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in (HOST_VARIABLE, PORT_VARIABLE, "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_an_option_goes_before_the_environment_and_that_before_the_default(monkeypatch):
    one, other, usual = free_port(), free_port(), free_port()
    monkeypatch.setattr(address, "PORT", usual)
    assert listening_address() == ("127.0.0.1", usual)
    monkeypatch.setenv(PORT_VARIABLE, str(one))
    monkeypatch.setenv(HOST_VARIABLE, "0.0.0.0")
    assert listening_address() == ("0.0.0.0", one)
    assert listening_address("localhost", other) == ("localhost", other)


@pytest.mark.parametrize("text", ["x", "0", "-1", "65536", "7860.0", "9" * 5000, "７８６０"])
def test_a_port_that_is_none_in_the_environment_is_named_by_its_variable(monkeypatch, text):
    monkeypatch.setenv(PORT_VARIABLE, text)
    with pytest.raises(ExperimentError, match=f"^{PORT_VARIABLE} must be a whole number"):
        listening_address()


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 80, "a..b", "256.0.0.1", "two words", "192.0.2.1"])
@pytest.mark.parametrize("by_option", [True, False])
def test_a_host_that_is_not_this_machine_is_not_a_port_in_use(monkeypatch, host, by_option):
    """192.0.2.1 is an address, kept for documentation (RFC 5737): no machine has it."""
    name = "host" if by_option else HOST_VARIABLE
    if not by_option:
        monkeypatch.setenv(HOST_VARIABLE, host)
    with pytest.raises(ExperimentError, match=f"^{name} must be an address of this machine"):
        listening_address(host if by_option else None, free_port())


def test_a_port_in_use_is_told_before_anything_is_computed(capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for host in ("127.0.0.1", "0.0.0.0", "localhost"):
            assert main(["app", "--host", host, "--port", str(port)]) == 2
            assert capsys.readouterr().err.startswith(f"port {port} of ")


def test_a_port_that_was_left_a_moment_ago_is_free():
    """The system keeps the pair of addresses of a closed connection for a minute."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()
    assert listening_address("127.0.0.1", port) == ("127.0.0.1", port)


def test_an_ipv6_address_is_in_brackets_and_not_in_the_environment(monkeypatch):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    monkeypatch.setenv(HOST_VARIABLE, "::1")
    host, _ = listening_address(None, free_port())
    assert host == "[::1]" == listening_address("[::1]", free_port())[0]
    prepare_environment(host)
    assert HOST_VARIABLE not in os.environ


def test_no_proxy_stands_between_the_page_and_itself(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.setenv("no_proxy", "")
    prepare_environment("10.0.0.7")
    for host in ("example.org", "localhost", "127.0.0.1", "10.0.0.7"):
        assert urllib.request.proxy_bypass(host), host
    assert not urllib.request.proxy_bypass("huggingface.co")


def test_app_listens_where_the_environment_says_behind_a_proxy(ended):
    (told,) = [line for line in ended.said.splitlines() if "Running" in line]
    assert f"http://0.0.0.0:{ended.port}" in told
    status, *_ = ended.answers[""]
    assert status == 200
