"""`serve`: answer over HTTP, with the editor in the browser and the interface that ComfyUI's clients know."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web

from graph.collecting import collect_seldom
from graph.errors import LatentloomError
from web import logs
from web.application import make_application
from web.connections import Connections, listen, urls_of
from web.engine import Engine
from web.settings import ServerSettings
from web.settings_building import server_settings
from web.settings_sources import add_flags, read_options
from web.tls import tls_context

_LOGGER = logging.getLogger("latentloom.web")
STOPPED, FAILED, REFUSED = 0, 1, 2
_SHUTDOWN_SECONDS = 5.0
_LINGERING_SECONDS = 1.0
"""How long a client that was refused may go on sending, so that it gets to read why."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options; those of ComfyUI's launchers mean the same here."""
    add_flags(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """Serve until asked to stop; returns the exit code."""
    logs.set_up()
    try:
        settings = settings_from(options)
    except LatentloomError as error:
        print(error, file=sys.stderr)
        return REFUSED
    try:
        logs.set_up(settings.log_format, settings.log_level)
        return asyncio.run(serve(settings, nodes))
    except LatentloomError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(_explained(error, settings.port), file=sys.stderr)
        return FAILED


def settings_from(options: argparse.Namespace) -> ServerSettings:
    """What flags, environment and file ask for.

    Raises:
        LatentloomError: they make no sense, or a file that they name cannot be used.
    """
    return server_settings(read_options(vars(options)))


async def serve(settings: ServerSettings, nodes: str) -> int:
    """Serve until a signal asks to stop; then let the running job end, or give it back to the queue.

    Raises:
        LatentloomError: the job store or the certificate cannot be used.
        OSError: an address cannot be listened on.
    """
    asked_to_stop = _listen_for_signals()
    tls = tls_context(settings.certificate) if settings.certificate is not None else None
    engine = await Engine.open(settings, nodes)
    connections = Connections(settings.limits.connections_per_address, settings.is_behind_proxy)
    runner = web.AppRunner(
        make_application(settings, engine, connections),
        access_log=None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        lingering_time=_LINGERING_SECONDS,
    )
    listeners: Sequence[asyncio.Server] = ()
    try:
        await runner.setup()
        assert runner.server is not None
        listeners = await listen(settings, runner.server, connections, tls)
        engine.start()
        collect_seldom()
        for url in urls_of(listeners, tls is not None):
            print(f"To see the GUI go to: {url}", flush=True)
        await asked_to_stop.wait()
        _LOGGER.info("Stopping; the running job may go on for %g s.", settings.drain_seconds)
        await engine.drain()
    finally:
        for listener in listeners:
            listener.close()
        await runner.cleanup()
        await engine.close()
    _LOGGER.info("Stopped.")
    return STOPPED


def _listen_for_signals() -> asyncio.Event:
    """Is set at the first SIGTERM or SIGINT; the second one ends the process at once, which loses nothing."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def hear() -> None:
        if asked.is_set():
            os._exit(FAILED)
        asked.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: asyncio.run ends with KeyboardInterrupt there
            loop.add_signal_handler(number, hear)
    return asked


def _explained(error: OSError, port: int) -> str:
    text = str(error.strerror or error)
    hint = " Another server may be running; choose another port with --port." if "in use" in text else ""
    return f"Port {port} cannot be listened on: {text}.{hint}"
