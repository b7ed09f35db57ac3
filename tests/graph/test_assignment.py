import pytest

from graph.assignment import assign, with_values
from graph.errors import WorkflowError
from graph.workflow import Workflow
from tests.graph.small_catalogue import CATALOGUE, node

DOCUMENT = {
    "latentloom": 1,
    "graph": {
        "1": node("EmptyLatentImage", "Latent", width=64),
        "2": node("KSampler", "Sampler", seed=["9", 0], latent_image=["1", 0]),
        "3": node("PrimitiveString", "Text", value="a"),
        "4": node("PrimitiveString", "Text", value="b"),
        "5": node("inner", "Titled use"),
        "6": node("Sum", "Sum of v1.5"),
        "7": node("NotHere", value=1),
        "8": node("Anything"),
    },
    "layout": {"parameters": {"steps": {"node": "2", "input": "steps"}, "broken": {"node": "99", "input": "x"}}},
    "subgraphs": {
        "inner": {
            "graph": {"a": node("PrimitiveString", "Inner text", value="q"), "b": node("deep")},
            "inputs": [{"name": "text", "to": [["a", "value"]]}],
        },
        "deep": {"graph": {"c": node("PrimitiveInt", value=1)}},
        "unused": {"graph": {}},
    },
}
WORKFLOW = Workflow.parse(DOCUMENT)


@pytest.mark.parametrize(
    ("setting", "node_id", "name", "value"),
    [
        ("Sampler.steps=3", "2", "steps", 3),
        ("2.steps=3", "2", "steps", 3),
        ("steps=3", "2", "steps", 3),
        ("Sampler.cfg=2", "2", "cfg", 2.0),
        ("Sampler.seed=randomize", "2", "seed", "randomize"),
        ("Sampler.add_noise=false", "2", "add_noise", False),
        ("Sampler.add_noise=on", "2", "add_noise", True),
        ("Sampler.sampler_name=heun", "2", "sampler_name", "heun"),
        ("3.value=[a:b:0.5]", "3", "value", "[a:b:0.5]"),
        ("3.value=x=y", "3", "value", "x=y"),
        ("3.value=", "3", "value", ""),
        ("5.text=7", "5", "text", "7"),
        ("Sum of v1.5.values.b=0.5", "6", "values.b", 0.5),
        ('Sampler.model=["1", 0]', "2", "model", ["1", 0]),
        ("Sampler.latent_image=[1, 2, 3]", "2", "latent_image", {"__value__": [1, 2, 3]}),
        ("7.value=3", "7", "value", "3"),
        ("8.whatever=3", "8", "whatever", "3"),
    ],
)
def test_a_setting_is_read_by_what_the_input_takes(setting: str, node_id: str, name: str, value: object) -> None:
    found = assign(WORKFLOW, [setting], CATALOGUE).graph[node_id]["inputs"][name]
    assert found == value
    assert type(found) is type(value)


def test_a_link_is_replaced_and_everything_else_stays() -> None:
    changed = assign(WORKFLOW, ["Sampler.seed=7"], CATALOGUE).dump()
    assert changed["graph"]["2"]["inputs"] == {"seed": 7, "latent_image": ["1", 0]}
    changed["graph"]["2"] = DOCUMENT["graph"]["2"]  # type: ignore[index]
    assert changed == DOCUMENT
    assert WORKFLOW.dump() == DOCUMENT


def test_a_title_inside_a_subgraph_is_found() -> None:
    changed = assign(WORKFLOW, ["Inner text.value=new"], CATALOGUE)
    assert changed.subgraphs["inner"].graph["a"]["inputs"] == {"value": "new"}
    assert changed.dump()["subgraphs"]["deep"] == DOCUMENT["subgraphs"]["deep"]  # type: ignore[index]


def test_a_node_inside_a_subgraph_is_named_by_its_path() -> None:
    changed = assign(WORKFLOW, ["5:b:c.value=7"], CATALOGUE)
    assert changed.subgraphs["deep"].graph["c"]["inputs"] == {"value": 7}


def test_a_path_into_a_subgraph_with_two_uses_is_refused() -> None:
    twice = Workflow.parse({**DOCUMENT, "graph": {"5": node("inner"), "6": node("inner")}})
    with pytest.raises(WorkflowError, match=r"used 2 times.*Give the subgraph an input"):
        assign(twice, ["5:a.value=x"], CATALOGUE)


def test_values_may_be_given_as_they_are() -> None:
    changed = with_values(WORKFLOW, {("Sampler", "steps"): 5, "steps": 6, ("1", "width"): ["9", 0]}, CATALOGUE)
    assert changed.graph["2"]["inputs"]["steps"] == 6
    assert changed.graph["1"]["inputs"]["width"] == ["9", 0]


def test_a_bare_graph_stays_bare() -> None:
    bare = Workflow.parse({"1": node("PrimitiveInt", "N")})
    assert assign(bare, ["N.value=3"], CATALOGUE).dump() == {"1": node("PrimitiveInt", "N", value=3)}


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("Samplr.steps=3", 'no node with the id or title "Samplr". Did you mean "Sampler"?'),
        ("Sampler.sed=3", 'Node 2 "Sampler" has no input "sed". Did you mean "seed"?'),
        ("5.txt=3", 'Node 5 "Titled use" has no input "txt". Did you mean "text"?'),
        ("7.other=3", 'has no input "other". It has "value".'),
        ("Text.value=3", '"Text" is the title of several nodes; name one by its id: "3" or "4".'),
        ("stps=3", 'There is no parameter "stps". The document names "steps".'),
        ("broken=3", 'no node with the id or title "99"'),
        ("Sampler.steps", "write NODE.INPUT=VALUE"),
        ("Sampler.steps=many", "2.steps takes a whole number, got 'many'."),
        ("Sampler.cfg=much", "2.cfg takes a number"),
        ("Sampler.add_noise=perhaps", "takes true or false"),
        ("5:x.value=1", 'no node with the id or title "5:x"'),
    ],
)
def test_what_is_not_there_is_told_with_what_is(setting: str, says: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        assign(WORKFLOW, [setting], CATALOGUE)
    assert says in str(caught.value)
