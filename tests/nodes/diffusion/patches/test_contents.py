import pytest

from nodes.diffusion.patches.contents import contents_of

KOHYA = {"x.lora_up.weight": (8, 2), "x.lora_down.weight": (2, 5), "x.alpha": ()}
CASES = {
    "kohya": KOHYA,
    "peft": {"x.lora_B.weight": (8, 2), "x.lora_A.weight": (2, 5)},
    "diffusers": {"x.lora.up.weight": (8, 2), "x.lora.down.weight": (2, 5)},
    "old diffusers": {"x_lora.up.weight": (8, 2), "x_lora.down.weight": (2, 5)},
    "transformers": {"x.lora_linear_layer.up.weight": (8, 2), "x.lora_linear_layer.down.weight": (2, 5)},
    "DoRA": {**KOHYA, "x.dora_scale": (8, 1)},
    "LoHa": {"x.hada_w1_a": (8, 2), "x.hada_w1_b": (2, 5), "x.hada_w2_a": (8, 2), "x.hada_w2_b": (2, 5)},
    "LoKr": {"x.lokr_w1": (2, 1), "x.lokr_w2_a": (4, 2), "x.lokr_w2_b": (2, 5)},
    "difference": {"x.diff": (8, 5)},
    "replacement": {"x.set_weight": (8, 5)},
}


@pytest.mark.parametrize("shapes", CASES.values(), ids=CASES)
def test_every_way_of_writing_a_change_is_read(shapes):
    contents = contents_of(shapes)
    assert contents.strangers == ()
    (change,) = contents.changes
    assert (change.name, change.part, change.shape) == ("x", "weight", (8, 5))
    assert set(change.keys.values()) == set(shapes)


def test_convolutions_count_their_kernel_wherever_it_is():
    plain = {"x.lora_up.weight": (8, 2, 1, 1), "x.lora_down.weight": (2, 5, 3, 3)}
    middle = {
        "x.lora_up.weight": (8, 2, 1, 1),
        "x.lora_mid.weight": (2, 2, 3, 3),
        "x.lora_down.weight": (2, 5, 1, 1),
    }
    tucker = {f"x.hada_w{i}_{side}": (2, 8 if side == "a" else 5) for i in (1, 2) for side in "ab"}
    tucker |= {"x.hada_t1": (2, 2, 3, 3), "x.hada_t2": (2, 2, 3, 3)}
    for shapes in (plain, middle, tucker):
        assert contents_of(shapes).changes[0].shape == (8, 45)


def test_a_layer_may_change_its_weight_and_its_bias():
    contents = contents_of({**KOHYA, "x.diff_b": (8,)})
    assert {change.part: change.kind for change in contents.changes} == {"weight": "lora", "bias": "diff"}


def test_half_a_change_and_unknown_keys_are_strangers():
    contents = contents_of({"a.lora_up.weight": (8, 2), "a.alpha": (), "b.oft_blocks": (2, 2, 2), **KOHYA})
    assert [change.name for change in contents.changes] == ["x"]
    assert contents.strangers == ("a.alpha", "a.lora_up.weight", "b.oft_blocks")
