"""The reference of the node types as Markdown, derived from their specifications: one page a category."""

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from graph.folders import INPUT_FOLDERS
from graph.registry import Catalogue
from graph.spec import InputSpec, Json, NodeSpec, OutputSpec

_NOTICE = "<!-- Written by `python -m nodes.reference` from the declarations. Change those, not this page. -->"


_NONE: Mapping[str, "Example"] = MappingProxyType({})


class Example(Protocol):
    """A graph that shows a node type at work."""

    @property
    def graph(self) -> Mapping[str, Mapping[str, Json]]:
        """In the API shape."""
        ...

    @property
    def needs(self) -> Sequence[str]:
        """Files that do not come with the program, as `folder/name`."""
        ...


def pages(catalogue: Catalogue, examples: Mapping[str, Example] = _NONE) -> Mapping[str, str]:
    """File name -> text of every page; `README.md` lists them all."""
    by_category: dict[str, list[NodeSpec]] = {}
    for spec in sorted(catalogue.specs.values(), key=lambda spec: (spec.category, spec.title, spec.id)):
        by_category.setdefault(spec.category.split("/")[0], []).append(spec)
    result = {f"{name}.md": _page(name, specs, examples) for name, specs in by_category.items()}
    return {"README.md": _index(by_category, catalogue.replacements), **result}


def node_page(spec: NodeSpec, example: Example | None = None) -> str:
    """What there is to know about one node type."""
    parts = [f"## {spec.title}", f"`{spec.id}` · {spec.category}{_standing(spec)}", spec.description]
    if spec.inputs:
        parts.append(_table(("Input", "Type", "Default", "Limits", "Meaning"), map(_input_row, spec.inputs)))
    if spec.outputs:
        parts.append(_table(("Output", "Type", "Meaning"), map(_output_row, spec.outputs)))
    if example is not None:
        parts.append(_example(example))
    return "\n\n".join(part for part in parts if part)


def _page(category: str, specs: Iterable[NodeSpec], examples: Mapping[str, Example]) -> str:
    told = (node_page(spec, examples.get(spec.id)) for spec in specs)
    return "\n\n".join((_NOTICE, f"# {category.capitalize()}", *told)) + "\n"


def _example(example: Example) -> str:
    """A graph with a node on each line."""
    needs = f" It needs {', '.join(f'`{each}`' for each in example.needs)}." if example.needs else ""
    lines = [f'  "{node_id}": {json.dumps(node, ensure_ascii=False)}' for node_id, node in example.graph.items()]
    graph = ",\n".join(lines)
    return f"Example.{needs}\n\n```json\n{{\n{graph}\n}}\n```"


def _index(by_category: Mapping[str, list[NodeSpec]], replacements: Mapping[str, str]) -> str:
    parts = [_NOTICE, "# Nodes"]
    for category, specs in by_category.items():
        rows = ((f"`{spec.id}`", spec.title, spec.description.split("\n")[0]) for spec in specs)
        parts += [f"## [{category.capitalize()}]({category}.md)", _table(("Type", "Title", "What it does"), rows)]
    if replacements:
        names = ((f"`{old}`", f"`{new}`") for old, new in sorted(replacements.items()))
        parts += ["## Old names that are still understood", _table(("Old", "New"), names)]
    return "\n\n".join(parts) + "\n"


def _standing(spec: NodeSpec) -> str:
    words = {"output node": spec.is_output, "deprecated": spec.deprecated, "experimental": spec.experimental}
    return "".join(f" · {word}" for word, applies in words.items() if applies)


def _input_row(each: InputSpec) -> tuple[str, ...]:
    if each.has_default:
        default = f"`{json.dumps(each.default, ensure_ascii=False)}`"
    else:
        default = "" if each.required else "optional"
    return _input_name(each), each.type.replace(",", ", "), default, _limits(each), each.help


def _input_name(each: InputSpec) -> str:
    if each.autogrow is None:
        return f"`{each.name}`"
    first, last = each.autogrow.names[0], each.autogrow.names[-1]
    return f"`{each.name}.{first}` … `{each.name}.{last}`"


def _limits(each: InputSpec) -> str:
    condition = f"with {', '.join(f'`{choice}`' for choice in each.only_for)}" if each.only_for else ""
    return "; ".join(part for part in (_range(each), condition) if part)


def _range(each: InputSpec) -> str:
    if each.files == INPUT_FOLDERS:
        return "a sub-folder of `input`"
    if each.files is not None:
        return f"a file of `{each.files}`" + "".join(f", `{extra}`" for extra in each.extra_choices)
    if each.choices is not None:
        return ", ".join(f"`{choice}`" for choice in each.choices)
    if each.autogrow is not None:
        return f"at least {each.autogrow.minimum}"
    parts = []
    if each.minimum is not None or each.maximum is not None:
        parts.append(f"{_bound(each.minimum)} … {_bound(each.maximum)}")
    if each.step not in (None, 1):
        parts.append(f"step {each.step}")
    if each.lazy:
        parts.append("evaluated when needed")
    return ", ".join(parts)


def _bound(value: int | float | None) -> str:
    return "" if value is None else str(value)


def _output_row(each: OutputSpec) -> tuple[str, ...]:
    return f"`{each.name}`", each.type + (" (list)" if each.is_list else ""), each.help


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
