"""`convert-model`: a pickle of weights as safetensors, opened in a process of its own that may do nothing else."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

PICKLES = frozenset({".ckpt", ".pt", ".bin", ".pth"})
OPENER = Path(__file__).parent / "diffusion" / "weights" / "unpickling.py"
DONE, REFUSED = 0, 2
HOUR = 3600
"""The longest that a conversion may take, in seconds."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options."""
    parser.add_argument("file", help=f"a file of weights that ends with {', '.join(sorted(PICKLES))}")
    parser.add_argument("-o", "--output", metavar="OUT", help="the file to write (default: beside it, .safetensors)")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def answer(options: argparse.Namespace, nodes: str) -> int:
    """Convert the file; returns 0, or 2 if it cannot be converted, in which case nothing is written."""
    source = Path(options.file)
    target = Path(options.output) if options.output else source.with_suffix(".safetensors")
    complaint = _complaint(source, target, options.force)
    if complaint:
        sys.stderr.write(f"{complaint}\n")
        return REFUSED
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        error = _convert(source.resolve(), unfinished.resolve())
        if error:
            sys.stderr.write(f"{source.name} was not converted: {error}\n")
            return REFUSED
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    size = target.stat().st_size / 1e6
    sys.stdout.write(f"Wrote {target} ({size:.1f} MB). {source.name} is not needed any more.\n")
    return DONE


def _complaint(source: Path, target: Path, may_replace: bool) -> str:
    if not source.is_file():
        return f"{source} is not there; check the name."
    if source.suffix.lower() not in PICKLES:
        return f"{source.name} is no pickle of weights; those end with {', '.join(sorted(PICKLES))}."
    if target.suffix != ".safetensors":
        return f"{target.name} must end with .safetensors."
    if target.exists() and not may_replace:
        return f"{target} is there already; say --force to write over it, or -o to choose another name."
    return ""


def _convert(source: Path, target: Path) -> str:
    """Have the file opened elsewhere; returns what is wrong with it, or nothing."""
    # Isolated, and without the environment: nothing of this process is within the reach of what the file says.
    command = [sys.executable, "-I", str(OPENER), str(source), str(target)]
    try:
        done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=HOUR, check=False)
    except subprocess.TimeoutExpired:
        return "it took more than an hour."
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"the process that opened it ended with {done.returncode}."
