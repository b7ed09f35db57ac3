"""Options that several commands share."""

import argparse
from dataclasses import replace

from graph.settings import Settings


def add_places(parser: argparse.ArgumentParser) -> None:
    """Offer the options that say where files are."""
    parser.add_argument("--data-dir", metavar="DIR", default="data", help="run-time state (default: ./data)")
    parser.add_argument("--models", metavar="DIR", action="append", help="a models folder; may be given several times")


def settings_from(options: argparse.Namespace) -> Settings:
    """The settings that the given options ask for."""
    settings = Settings(data=options.data_dir, models=tuple(options.models or ("models",)))
    given = {
        name: value for name in ("output", "device", "cache") if (value := getattr(options, name, None)) is not None
    }
    return replace(settings, **given).absolute()
