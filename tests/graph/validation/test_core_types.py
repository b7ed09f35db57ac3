"""What is known of ComfyUI's own node types."""

from graph.registry import Catalogue
from graph.spec import NodeSpec
from graph.validation import validate
from graph.validation.core_types import comfy_core_types, core_type_by_name
from graph.workflow import Workflow


def said_of(type_id: str, *known: str) -> str:
    catalogue = Catalogue({name: NodeSpec(id=name, title=name, category="test") for name in known})
    workflow = Workflow.parse({"1": {"class_type": type_id, "inputs": {}}})
    (problem,) = validate(workflow, catalogue, choices=lambda folder: []).problems
    return problem.message


def test_every_line_of_the_list_is_a_name_with_what_it_is_and_what_may_do_in_its_place():
    for name, each in core_type_by_name().items():
        assert name == name.strip() != ""
        assert each.instead is None or each.instead in comfy_core_types()
        assert not (each.instead and each.is_dispensable)
    assert len(comfy_core_types()) > 500


def test_a_missing_node_of_the_core_is_named_with_what_it_is():
    assert '"LoadAudio" is a node of ComfyUI\'s core (audio) that is not provided here.' in said_of("LoadAudio")


def test_what_may_do_in_its_place_is_named_if_it_is_there():
    assert "SaveImage may do in its place" in said_of("SaveAnimatedWEBP", "SaveImage")
    assert "may do in its place" not in said_of("SaveAnimatedWEBP", "Other")


def test_what_a_graph_can_do_without_may_be_taken_out():
    assert "does much the same without it" in said_of("TorchCompileModel")
