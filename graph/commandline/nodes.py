"""`nodes`: list the node types, or explain one."""

import argparse
import json
from itertools import groupby

from graph.commandline.options import add_places, load_application, settings_from
from graph.reference import node_page
from graph.spec import NodeSpec
from graph.suggest import nearest


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options."""
    parser.add_argument("name", nargs="?", help="a node type, such as KSampler")
    parser.add_argument("--json", action="store_true", help="print the specification as JSON")
    add_places(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """List or explain; returns 0, or 2 if there is no such node type."""
    catalogue = load_application(nodes, settings_from(options)).catalogue
    if options.name is None:
        _list(list(catalogue.specs.values()), options.json)
        return 0
    spec = catalogue.find(options.name)
    if spec is None:
        near = " or ".join(nearest(options.name, catalogue.specs))
        print(f'There is no node type "{options.name}".' + (f" Did you mean {near}?" if near else ""))
        return 2
    print(spec.model_dump_json(exclude_defaults=True) if options.json else node_page(spec))
    return 0


def _list(specs: list[NodeSpec], as_json: bool) -> None:
    if as_json:
        print(json.dumps({spec.id: spec.model_dump(mode="json", exclude_defaults=True) for spec in specs}))
        return
    for category, members in groupby(
        sorted(specs, key=lambda each: (each.category, each.id)), lambda each: each.category
    ):
        print(category)
        for spec in members:
            first_line = spec.description.partition("\n")[0]
            print(f"  {spec.id:<32} {first_line}")
