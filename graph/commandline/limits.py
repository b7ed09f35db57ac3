"""The option that says how much memory a workflow may take, and what follows from it."""

import argparse

from graph.amounts import AmountError, bytes_in
from graph.estimates import Estimator
from graph.settings import Settings


def add_memory_limit(parser: argparse.ArgumentParser) -> None:
    """Offer the option that says how much memory a workflow may take."""
    parser.add_argument(
        "--memory-limit",
        metavar="SIZE",
        type=_size,
        help="refuse what is estimated to need more memory (default: what this machine has); 0 refuses nothing",
    )


def estimator_from(options: argparse.Namespace, settings: Settings) -> Estimator:
    """What estimates workflows, with the limit that the options give."""
    return Estimator(settings.folders, options.memory_limit)


def _size(text: str) -> int:
    try:
        return bytes_in(text)
    except AmountError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
