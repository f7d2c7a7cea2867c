# SPDX-License-Identifier: Apache-2.0
"""Ports for programs that a test starts."""
import pathlib
import random
import socket


def _lowest_ephemeral_port():
    """Where the range begins from which the system takes the ports of outgoing connections."""
    try:
        text = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        return int(text.split()[0])
    except (OSError, ValueError):
        return 32768


def free_port():
    """A TCP port on loopback on which nothing listens.

    It is below the ephemeral range: there, another process could get it for an outgoing connection
    before the test uses it.
    """
    while True:
        port = random.randrange(10_000, max(_lowest_ephemeral_port(), 10_001))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
