"""Options that several commands share."""

import argparse
import importlib
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

from graph.application import EngineApplication
from graph.assignment import assign
from graph.errors import FolderError, WorkflowError
from graph.formats import read_file
from graph.formats.editor import Conversion
from graph.model_paths import ModelPaths, read_model_paths
from graph.registry import Catalogue
from graph.seeds import with_seeds
from graph.settings import PRECISION, Settings
from graph.workflow import Workflow


def add_places(parser: argparse.ArgumentParser) -> None:
    """Offer the options that say where files are."""
    parser.add_argument("--data-dir", metavar="DIR", default="data", help="run-time state (default: ./data)")
    parser.add_argument("--models", metavar="DIR", action="append", help="a models folder; may be given several times")
    parser.add_argument(
        "--node-packs",
        metavar="DIR",
        type=existing,
        action="append",
        default=[],
        help="a node pack, or a folder of node packs: code that is run; may be given several times",
    )
    parser.add_argument(
        "--extra-model-paths-config",
        metavar="FILE",
        type=_model_paths,
        help="where models and node packs are, as extra_model_paths.yaml says it",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Offer the options that say what models compute on, and how exactly."""
    parser.add_argument("--device", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument(
        "--precision",
        metavar="WHAT",
        type=_precision,
        help="what models compute in: auto, fp32, bf16, fp16, or of single parts, as model=bf16,vae=fp32 "
        "(default: auto, which takes bf16 for large models on a processor that has it)",
    )


def existing(path: str) -> str:
    """A path that is there, as the type of an option."""
    if not Path(path).exists():
        raise argparse.ArgumentTypeError(f'there is no "{path}"')
    return path


def settings_from(options: argparse.Namespace) -> Settings:
    """The settings that the given options ask for."""
    extra = options.extra_model_paths_config or ModelPaths({})
    settings = Settings(
        data=options.data_dir,
        models=tuple(options.models or ("models",)),
        extra_models=extra.models,
        packs=(*options.node_packs, *extra.node_packs),
    )
    names = ("output", "device", "precision", "cache")
    given = {name: value for name in names if (value := getattr(options, name, None)) is not None}
    return replace(settings, **given).absolute()


def _model_paths(path: str) -> ModelPaths:
    try:
        return read_model_paths(Path(path))
    except FolderError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _precision(text: str) -> str:
    if not re.match(PRECISION, text):
        raise argparse.ArgumentTypeError(
            f'"{text}" is no precision: it is auto, fp32, bf16 or fp16, or one of them for each of model, clip and vae'
        )
    return text


def add_workflow(parser: argparse.ArgumentParser) -> None:
    """Offer the options that say which workflow, with which values."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a workflow: document, API JSON, what ComfyUI's browser saves, or a picture that carries one",
    )
    parser.add_argument(
        "--set",
        metavar="NODE.INPUT=VALUE",
        action="append",
        default=[],
        dest="values",
        help="change an input; NODE is an id or a title. May be given several times",
    )


def read_workflow(options: argparse.Namespace, catalogue: Catalogue) -> Workflow:
    """The workflow that the given options name, with their values set and its seeds drawn.

    What was uncertain or lost in reading it goes to standard error.

    Raises:
        WorkflowError: the file cannot be read, holds no workflow, or a value cannot be set.
    """
    conversion = read_conversion(options, catalogue)
    for note in conversion.notes:
        if note.severity != "info":
            print(f"{note.severity}: {note.message}", file=sys.stderr)
    return with_seeds(conversion.workflow, catalogue)


def read_conversion(options: argparse.Namespace, catalogue: Catalogue) -> Conversion:
    """As `read_workflow`, with everything that there is to say about the conversion."""
    try:
        data = Path(options.file).read_bytes()
    except OSError as error:
        raise WorkflowError(f"{options.file} cannot be read: {error.strerror}.") from error
    conversion = read_file(data, options.file, catalogue)
    return replace(conversion, workflow=assign(conversion.workflow, options.values, catalogue))


def load_application(nodes: str, settings: Settings) -> EngineApplication:
    """The application that `nodes` ("module:function") builds; imports the nodes, and with them torch."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read by torch when it is imported; as in a worker
    module, _, name = nodes.partition(":")
    application: EngineApplication = getattr(importlib.import_module(module), name)(settings.to_data())
    return application
