"""The front door of Latentloom: reads the command line, wires the parts together, hands over to one command.

python server.py run workflows/text_to_image.json
python server.py --help
"""

import argparse
import gc
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

# Nothing heavy is imported here: `--help` answers at once, and the server process never holds torch. Each command is a
# module of its own, imported when it is asked for.


@dataclass(frozen=True)
class Command:
    """A word after `server.py`: the module that answers it, and what it does in one line."""

    module: str
    help: str


COMMANDS = {
    "run": Command("graph.commandline.run", "run a workflow from a file and write its pictures"),
    "serve": Command("web.serve", "serve over HTTP, with the interface that ComfyUI's clients know"),
    "verify": Command("nodes.verify", "make a picture again from the workflow that it carries, and compare the two"),
    "validate": Command(
        "graph.commandline.validate", "say everything that is wrong with a workflow, without running it"
    ),
    "plan": Command(
        "graph.commandline.plan", "say what would run of a workflow and why, and how much memory and time it takes"
    ),
    "convert": Command("graph.commandline.convert", "convert ComfyUI's browser format, or a picture, into a workflow"),
    "convert-model": Command("nodes.convert_model", "convert a pickle of weights (.ckpt, .pt, .bin) to safetensors"),
    "nodes": Command("graph.commandline.nodes", "list the node types, or explain one"),
    "models": Command("graph.commandline.models", "list the model files by folder"),
    "doctor": Command("web.doctor", "check this machine and this installation"),
}
NODES = "nodes.application:create"
"""Where the nodes live: the factory that a worker process calls. Imported there only, since it imports torch."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer one command line; returns the exit code (0 done, 1 a node failed, 2 invalid input, 130 interrupted)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0].startswith("--") and words[0] != "--help":
        words.insert(0, "serve")  # as launchers of ComfyUI start its server
    parser = argparse.ArgumentParser(
        prog="server.py",
        description="Latentloom: a node-graph workflow engine for diffusion models.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands:\n" + "\n".join(f"  {name:<14} {each.help}" for name, each in COMMANDS.items()),
        usage="server.py COMMAND ...   (server.py COMMAND --help explains a command)",
    )
    parser.add_argument("command", choices=COMMANDS, help=argparse.SUPPRESS)
    chosen = parser.parse_args(words[:1])
    gc.disable()  # importing makes much and drops little: looking for garbage meanwhile is a sixth of the time
    command = importlib.import_module(COMMANDS[chosen.command].module)
    gc.enable()
    options = argparse.ArgumentParser(prog=f"server.py {chosen.command}", description=COMMANDS[chosen.command].help)
    command.configure(options)
    try:
        return int(command.answer(options.parse_args(words[1:]), NODES))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
