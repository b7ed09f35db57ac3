"""Every node type: its interface is the ecosystem's, and it explains itself."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from graph.datatypes import WIDGET_TYPES
from graph.spec import InputSpec, NodeSpec, OutputSpec
from nodes.catalogue import REPLACEMENTS, build_registry

FILES = [json.loads(path.read_text()) for path in sorted(Path(__file__).parent.glob("golden_*.json"))]
"""Interfaces of the ecosystem's nodes, transcribed from their tables: names, order, types, defaults, limits."""
GOLDEN = {
    part: {name: each for file in FILES for name, each in file.get(part, {}).items()} for part in ("choices", "nodes")
}
REGISTRY = build_registry()
SPECS = REGISTRY.catalogue.specs
INPUT_FACTS = ("minimum", "maximum", "step", "files")
INPUT_FLAGS = ("multiline", "lazy", "control_after_generate")


@pytest.mark.parametrize("type_id", GOLDEN["nodes"])
def test_a_node_has_the_interface_that_graphs_rely_on(type_id: str) -> None:
    spec, wanted = SPECS[type_id], GOLDEN["nodes"][type_id]
    assert [each.name for each in spec.inputs] == [each["name"] for each in wanted["inputs"]]
    for found, golden in zip(spec.inputs, wanted["inputs"], strict=True):
        assert facts(found) == expected(golden), f"{type_id}.{found.name}"
        assert found.has_default or "default" not in golden
        assert found.default in permitted_defaults(golden), f"{type_id}.{found.name}"
        check_choices(found, golden)
    assert [described(each) for each in spec.outputs] == wanted["outputs"]
    for flag in ("is_output", "deprecated", "experimental", "takes_lists"):
        assert getattr(spec, flag) == wanted.get(flag, False), flag


def described(output: OutputSpec) -> dict[str, Any]:
    return {"name": output.name, "type": output.type, **({"is_list": True} if output.is_list else {})}


def facts(found: InputSpec) -> dict[str, Any]:
    group = found.autogrow
    return {
        "type": found.type,
        "required": found.required,
        "only_for": list(found.only_for),
        **{fact: getattr(found, fact) for fact in (*INPUT_FACTS, *INPUT_FLAGS)},
        "autogrow": group
        and {
            "first": group.names[0],
            "last": group.names[-1],
            "count": len(group.names),
            "minimum": group.minimum,
        },
    }


def expected(golden: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": golden["type"],
        "required": golden.get("required", True),
        "only_for": golden.get("only_for", []),
        **{fact: golden.get(fact) for fact in INPUT_FACTS},
        **{flag: golden.get(flag, False) for flag in INPUT_FLAGS},
        "autogrow": golden.get("autogrow"),
    }


def permitted_defaults(golden: dict[str, Any]) -> list[Any]:
    """The default of the table. Where it has none, a list may default to its first choice, as it does in browsers."""
    if "default" in golden:
        return [golden["default"]]
    return [None, *golden.get("choices", [])[:1]]


def check_choices(found: InputSpec, golden: dict[str, Any]) -> None:
    if "choices_from" in golden:  # what is not implemented yet is missing; the order is kept
        known = GOLDEN["choices"][golden["choices_from"]]
        assert found.choices
        assert [choice for choice in known if choice in found.choices] == list(found.choices)
    else:
        assert list(found.choices or []) == golden.get("choices", [])


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_node_explains_itself(spec: NodeSpec) -> None:
    first_line = spec.description.split("\n")[0]
    assert first_line.endswith(".")
    assert len(first_line) < 120
    assert spec.title
    assert spec.category
    assert not [each.name for each in spec.inputs if each.type in WIDGET_TYPES and not each.help]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_defaults_lie_within_their_limits(spec: NodeSpec) -> None:
    for each in spec.inputs:
        if not each.has_default:
            continue
        if each.choices is not None:
            assert each.default in each.choices
        if each.minimum is not None:
            assert each.default >= each.minimum
        if each.maximum is not None:
            assert each.default <= each.maximum


def test_prompts_say_as_the_browser_spells_it_that_they_may_hold_alternatives() -> None:
    options = {name for spec in SPECS.values() for each in spec.inputs for name in each.options}
    assert "dynamicPrompts" in options
    assert "dynamic_prompts" not in options


def test_every_declaration_is_in_the_catalogue() -> None:
    folder = Path(__file__).parents[2] / "nodes"
    declared = [
        name for path in folder.rglob("*.py") for name in re.findall(r'^@node\(\s*"(.*?)"', path.read_text(), re.M)
    ]
    assert len(declared) > 400
    assert sorted(declared) == sorted(SPECS)


def test_old_names_are_understood_where_their_successor_exists() -> None:
    catalogue = REGISTRY.catalogue
    assert set(catalogue.replacements) == {old for old, new in REPLACEMENTS.items() if new in SPECS}
    for old, new in catalogue.replacements.items():
        assert catalogue.find(old) == SPECS[new]
        assert REGISTRY.get(old).spec == SPECS[new]


def test_the_catalogue_travels_as_json() -> None:
    data = json.loads(json.dumps(REGISTRY.catalogue.to_data()))
    assert type(REGISTRY.catalogue).from_data(data) == REGISTRY.catalogue
