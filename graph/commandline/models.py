"""`models`: list the model files by folder."""

import argparse
import json
from pathlib import Path

from graph.commandline.options import add_places, settings_from
from graph.folders import MODEL_FOLDERS


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options."""
    parser.add_argument("folder", nargs="?", choices=sorted(MODEL_FOLDERS), help="only this folder")
    parser.add_argument("--json", action="store_true", help="print one line of JSON: folder -> names")
    add_places(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """List what is in the model folders; returns the exit code."""
    folders = settings_from(options).folders
    wanted = [options.folder] if options.folder else list(MODEL_FOLDERS)
    names_by_folder = {folder: folders.names(folder) for folder in wanted}
    if options.json:
        print(json.dumps(names_by_folder))
        return 0
    for folder, names in names_by_folder.items():
        if not names and not options.folder:
            continue
        print(f"{folder}  ({', '.join(map(str, folders.directories(folder)))})")
        for name in names:
            size = sum(each.stat().st_size for each in _files(folders.path(folder, name)))
            print(f"  {name:<50} {size / 1e6:10,.1f} MB")
        if not names:
            print("  nothing here yet: put files into one of the directories above")
    return 0


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
