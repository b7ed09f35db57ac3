"""`serve`: answer over HTTP, with the editor in the browser and the interface that ComfyUI's clients know."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from graph.commandline.options import existing
from graph.errors import LatentloomError
from graph.model_paths import read_model_paths
from graph.settings import Settings
from web import logs
from web.application import make_application
from web.engine import Engine
from web.settings import PREVIEW_METHODS, Limits, ServerSettings, is_loopback
from web.tokens import read_or_make_token

_LOGGER = logging.getLogger("latentloom.web")
STOPPED, FAILED, REFUSED = 0, 1, 2
_EVERYWHERE = "0.0.0.0"
_SUBMITS_PER_SECOND = 20.0
"""How many jobs an address may submit, in the long run, where other machines are let in."""
_SHUTDOWN_SECONDS = 5.0
_LINGERING_SECONDS = 1.0
"""How long a client that was refused may go on sending, so that it gets to read why."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options; those of ComfyUI's launchers mean the same here."""
    add = parser.add_argument
    add("--listen", metavar="HOST", nargs="?", const=_EVERYWHERE, default="127.0.0.1", help="addresses, with commas")
    add("--port", metavar="N", type=int, default=8188, help="(default: 8188)")
    add("--data-dir", metavar="DIR", help="run-time state (default: ./data)")
    add("--models", metavar="DIR", action="append", help="a models folder; may be given several times")
    add(
        "--node-packs",
        metavar="DIR",
        type=existing,
        action="append",
        default=[],
        help="a node pack, or a folder of node packs: code that is run; may be given several times",
    )
    add("--database", metavar="URL", help="a PostgreSQL database instead of a file in the data folder")
    add("--token-file", metavar="FILE", help="the token that clients must show; made if it is not there")
    add("--allow-host", metavar="NAME", action="append", default=[], help="a host name under which clients come")
    add("--device", help="auto, cpu, cuda or cuda:N (default: auto)")
    add("--cache", choices=["all", "memory", "none"], help="which results are kept (default: all)")
    _add_launcher_options(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """Serve until asked to stop; returns the exit code."""
    logs.set_up()
    try:
        settings = settings_from(options)
        return asyncio.run(serve(settings, nodes))
    except LatentloomError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(_explained(error, options.port), file=sys.stderr)
        return FAILED


def settings_from(options: argparse.Namespace) -> ServerSettings:
    """What the given options ask for.

    Raises:
        LatentloomError: they make no sense together, or a file that they name cannot be used.
    """
    hosts = tuple(host.strip() for host in options.listen.split(",") if host.strip())
    token = read_or_make_token(Path(options.token_file)) if options.token_file else None
    if token is None and not all(map(is_loopback, hosts)):
        raise LatentloomError(
            f"--listen {options.listen} lets other machines in, so clients must show a token: say where it is kept "
            "with --token-file FILE; the file is made if it is not there."
        )
    return ServerSettings(
        engine=_engine_settings(options),
        hosts=hosts,
        port=options.port,
        names=frozenset(options.allow_host),
        database=options.database,
        token=token,
        user=os.path.join(options.base_directory, "user") if options.base_directory else None,  # noqa: PTH118
        previews=options.preview_method,
        limits=Limits() if all(map(is_loopback, hosts)) else Limits(submits_per_second=_SUBMITS_PER_SECOND),
    )


async def serve(settings: ServerSettings, nodes: str) -> int:
    """Serve until a signal asks to stop; then let the running job end, or give it back to the queue.

    Raises:
        LatentloomError: the job store cannot be used.
        OSError: an address cannot be listened on.
    """
    asked_to_stop = _listen_for_signals()
    engine = await Engine.open(settings, nodes)
    runner = web.AppRunner(
        make_application(settings, engine),
        access_log=None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        lingering_time=_LINGERING_SECONDS,
    )
    try:
        await runner.setup()
        for host in settings.hosts:
            await web.TCPSite(runner, host, settings.port).start()
        engine.start()
        for url in _urls(runner):
            print(f"To see the GUI go to: {url}", flush=True)
        await asked_to_stop.wait()
        _LOGGER.info("Stopping; the running job may go on for %g s.", settings.drain_seconds)
        await engine.drain()
    finally:
        await runner.cleanup()
        await engine.close()
    return STOPPED


def _add_launcher_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("options as ComfyUI has them").add_argument
    add("--base-directory", metavar="DIR", help="holds models, input, output, temp and user")
    add("--output-directory", metavar="DIR")
    add("--input-directory", metavar="DIR")
    add("--temp-directory", metavar="DIR", help="temporary files go to DIR/temp")
    add("--extra-model-paths-config", metavar="FILE", nargs="+", action="extend", default=[], help="where models are")
    add("--preview-method", choices=sorted(PREVIEW_METHODS), default="none", help="how running pictures are shown")
    add("--cpu", action="store_true", help="use no graphics card")
    caching = parser.add_mutually_exclusive_group().add_argument
    caching("--cache-none", action="store_true", help="keep no results")
    caching("--cache-lru", metavar="N", type=int, help="keep results; here the bound is in bytes, not in nodes")
    caching("--cache-classic", action="store_true", help="keep results, as is the default here")
    add("--disable-auto-launch", action="store_true", help="open no browser, as is the default here")


def _engine_settings(options: argparse.Namespace) -> Settings:
    base = Path(options.base_directory) if options.base_directory else None

    def place(given: str | None, name: str) -> str | None:
        return given or (str(base / name) if base is not None else None)

    temp = str(Path(options.temp_directory) / "temp") if options.temp_directory else place(None, "temp")
    extra = read_model_paths(*map(Path, options.extra_model_paths_config))
    return Settings(
        data=options.data_dir or place(None, "latentloom") or "data",
        models=tuple(options.models or [place(None, "models") or "models"]),
        extra_models=extra.models,
        packs=(*options.node_packs, *(place for place in extra.node_packs if Path(place).exists())),
        output=place(options.output_directory, "output"),
        input=place(options.input_directory, "input"),
        temp=temp,
        device="cpu" if options.cpu else options.device or "auto",
        cache="none" if options.cache_none else options.cache or "all",
        preload=True,
    ).absolute()


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


def _urls(runner: web.AppRunner) -> Iterator[str]:
    for address in runner.addresses:
        host, port = address[:2]
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _explained(error: OSError, port: int) -> str:
    text = str(error.strerror or error)
    hint = " Another server may be running; choose another port with --port." if "in use" in text else ""
    return f"Port {port} cannot be listened on: {text}.{hint}"
