"""The worker's end of the connection to its supervisor."""

import os
import socket

from graph.runners.messages import TOKEN_VARIABLE


def connect(descriptor: int | None, port: int | None) -> tuple[socket.socket, str | None]:
    """The connection, inherited or made, and the token with which to greet where it was made.

    The token leaves the environment, where nodes could read it. What nodes start or fork does not keep the connection.
    """
    token = os.environ.pop(TOKEN_VARIABLE, None)
    if descriptor is not None:
        connection = socket.socket(fileno=descriptor)
        connection.set_inheritable(False)
    else:
        connection = socket.create_connection(("127.0.0.1", port or 0))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=connection.close)
    return connection, token
