from graph.errors import Problem
from graph.registry import Catalogue
from graph.spec import InputSpec, NodeSpec
from graph.validation import validate
from graph.workflow import Workflow
from web.classic.problems import node_errors, refusal

CHOICES = tuple(f"choice {index}" for index in range(21))
SPEC = NodeSpec(
    id="Pick",
    title="Pick",
    category="test",
    is_output=True,
    inputs=tuple(
        InputSpec(name=name, type="COMBO", choices=each) for name, each in (("long", CHOICES), ("short", ("a",)))
    ),
)
CATALOGUE = Catalogue({"Pick": SPEC})


def wrong(workflow: Workflow) -> tuple[Problem, ...]:
    return validate(workflow, CATALOGUE, choices=lambda folder: []).problems


def test_long_lists_of_choices_are_left_out() -> None:
    workflow = Workflow.parse({"1": {"class_type": "Pick", "inputs": {"long": "x", "short": "x"}}})
    long, short = node_errors(wrong(workflow), workflow, CATALOGUE, lambda folder: [])["1"]["errors"]
    assert long["extra_info"]["input_config"] is None
    assert short["extra_info"]["input_config"] == [["a"], {}]


def test_a_type_that_nobody_knows_makes_the_whole_prompt_invalid() -> None:
    workflow = Workflow.parse({"1": {"class_type": "Pik", "inputs": {}, "_meta": {"title": "Mine"}}})
    told = refusal(wrong(workflow), workflow)
    assert (told["type"], told["details"]) == ("invalid_prompt", "Node ID '#1'")
    assert told["extra_info"] == {"node_id": "1", "class_type": "Pik", "node_title": "Mine"}


def test_a_thousand_problems_are_told_in_few_lines() -> None:
    nodes = {str(index): {"class_type": "Pick", "inputs": {"long": "x", "short": "a"}} for index in range(1000)}
    workflow = Workflow.parse(nodes)
    assert refusal(wrong(workflow), workflow)["details"].endswith("\n(980 more)")
