"""Where the page listens: found and tried before Gradio, which takes every failure for a port in use."""

from __future__ import annotations

import errno
import os
import socket

from diffviz.experiment import ExperimentError
from diffviz.files import reason

HOST_VARIABLE, PORT_VARIABLE = "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"  # Gradio's own names, which hosts like Spaces set
HOST, PORT = "127.0.0.1", 7860
MAX_PORT = 65_535


def listening_address(host: str | None = None, port: int | None = None) -> tuple[str, int]:
    """The address and port to listen on, each as given, else as the environment says, else 127.0.0.1 and 7860.

    An IPv6 address comes back in brackets, as it stands in a URL. Raises ExperimentError where nobody can listen.
    """
    port_name, host_name = ("port", "host")
    if port is None and os.environ.get(PORT_VARIABLE):
        port_name, text = PORT_VARIABLE, os.environ[PORT_VARIABLE]
        port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
        if not 1 <= port <= MAX_PORT:
            raise ExperimentError(port_name, f"must be a whole number from 1 to {MAX_PORT}, not {text[:40]!r}.")
    if host is None and os.environ.get(HOST_VARIABLE):
        host_name, host = HOST_VARIABLE, os.environ[HOST_VARIABLE]
    host, port = (host or HOST).removeprefix("[").removesuffix("]"), port or PORT
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):  # UnicodeError: of a name that no name server could be asked for
        raise ExperimentError(
            host_name, f"must be an address of this machine or a name of one; {host[:40]!r} is not known."
        ) from None
    found += socket.getaddrinfo(HOST, port, type=socket.SOCK_STREAM)  # Gradio asks for the port there, too, wherever it listens
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as probe:
                if os.name == "posix":  # as the server will: a port left a moment ago is free
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise ExperimentError(host_name, f"must be an address of this machine; {host[:40]!r} is not.") from None
            why = "in use already" if error.errno == errno.EADDRINUSE else f"not to be had: {reason(error)}"
            raise ExperimentError(port_name, f"{port} of {address[0]} is {why}.") from None
    return (f"[{host}]" if ":" in host else host), port


def prepare_environment(host: str) -> None:
    """For Gradio, before it is imported: what it reads of the environment and does not bear.

    It asks the page that it has just begun to serve whether it is there, which must not go through a proxy; and it takes an IPv6
    address as an argument only.
    """
    plain = host.strip("[]")
    excepted = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, [excepted, "localhost", HOST, plain]))
    if ":" in os.environ.get(HOST_VARIABLE, ""):
        del os.environ[HOST_VARIABLE]
