import pytest

from graph.errors import WorkflowError
from graph.library.parameters import parameters_schema
from graph.registry import Catalogue
from graph.spec import InputSpec, NodeSpec
from graph.workflow import Workflow

SPEC = NodeSpec(
    id="Draw",
    title="Draw",
    category="test",
    inputs=(
        InputSpec(name="steps", type="INT", minimum=1, maximum=150, help="How many."),
        InputSpec(name="text", type="STRING"),
        InputSpec(name="size", type="INT", has_default=True, default=8),
    ),
)
CATALOGUE = Catalogue({"Draw": SPEC})


def schema(inputs, **parameters):
    named = {name: {"node": "1", "input": input} for name, input in parameters.items()}
    document = {"latentloom": 1, "graph": {"1": {"class_type": "Draw", "inputs": inputs}}}
    workflow = Workflow.parse({**document, "layout": {"parameters": named}})
    return parameters_schema(workflow, CATALOGUE, lambda folder: [])


def test_a_parameter_has_the_limits_of_its_input_and_the_value_of_the_document():
    described = schema({"steps": 20}, steps="steps")["properties"]["steps"]
    assert described == {
        "x-type": "INT",
        "type": "integer",
        "minimum": 1,
        "maximum": 150,
        "description": "How many.",
        "default": 20,
        "x-node": "1",
        "x-input": "steps",
    }


def test_what_the_document_leaves_open_is_required():
    found = schema({"steps": 1}, prompt="text", size="size", steps="steps")
    assert found["required"] == ["prompt"]
    assert found["additionalProperties"] is False


def test_a_link_is_no_default():
    found = schema({"text": ["2", 0]}, prompt="text")
    assert "default" not in found["properties"]["prompt"]
    assert found["required"] == []


def test_a_parameter_that_leads_nowhere_is_told():
    with pytest.raises(WorkflowError, match="no input"):
        schema({}, prompt="txt")
