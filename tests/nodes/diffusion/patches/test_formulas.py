import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from nodes.diffusion.families.weights import Piece
from nodes.diffusion.patches.contents import contents_of
from nodes.diffusion.patches.formulas import changed

WHOLE = Piece("x")


def apply(weight, tensors, strength=1.0, piece=WHOLE):
    (change,) = contents_of({key: tuple(value.shape) for key, value in tensors.items()}).changes
    return changed(weight, change, {role: tensors[key] for role, key in change.keys.items()}, strength, piece)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_a_lora_adds_up_times_down_by_alpha_over_rank():
    weight, up, down = torch.randn(8, 5), torch.randn(8, 2), torch.randn(2, 5)
    tensors = {"x.lora_up.weight": up, "x.lora_down.weight": down}
    torch.testing.assert_close(apply(weight, tensors, 0.5), weight + 0.5 * up @ down)
    tensors["x.alpha"] = torch.tensor(3.0)
    torch.testing.assert_close(apply(weight, tensors, 0.5), weight + 0.5 * 3 / 2 * up @ down)


def test_a_lora_of_convolutions_is_two_convolutions_in_a_row():
    picture, weight = torch.randn(1, 5, 6, 6), torch.randn(8, 5, 3, 3)
    up, down = torch.randn(8, 2, 1, 1), torch.randn(2, 5, 3, 3)
    new = apply(weight, {"x.lora_up.weight": up, "x.lora_down.weight": down})
    wanted = F.conv2d(picture, weight) + F.conv2d(F.conv2d(picture, down), up)
    torch.testing.assert_close(F.conv2d(picture, new), wanted, atol=1e-4, rtol=1e-4)


def test_a_lora_with_a_middle_is_three_convolutions_in_a_row():
    picture, weight = torch.randn(1, 5, 6, 6), torch.zeros(8, 5, 3, 3)
    up, mid, down = torch.randn(8, 2, 1, 1), torch.randn(2, 3, 3, 3), torch.randn(3, 5, 1, 1)
    new = apply(weight, {"x.lora_up.weight": up, "x.lora_mid.weight": mid, "x.lora_down.weight": down})
    wanted = F.conv2d(F.conv2d(F.conv2d(picture, down), mid), up)
    torch.testing.assert_close(F.conv2d(picture, new), wanted, atol=1e-4, rtol=1e-4)


def test_a_loha_is_the_product_of_two_loras_number_by_number():
    weight = torch.randn(8, 5)
    a, b, c, d = torch.randn(8, 2), torch.randn(2, 5), torch.randn(8, 2), torch.randn(2, 5)
    tensors = {"x.hada_w1_a": a, "x.hada_w1_b": b, "x.hada_w2_a": c, "x.hada_w2_b": d, "x.alpha": torch.tensor(1.0)}
    torch.testing.assert_close(apply(weight, tensors), weight + (a @ b) * (c @ d) / 2)


def test_a_loha_of_convolutions_has_a_core():
    cores = [torch.randn(2, 2, 3, 3) for _ in range(2)]
    first, second = [torch.randn(2, 8) for _ in range(2)], [torch.randn(2, 5) for _ in range(2)]
    tensors = {"x.hada_t1": cores[0], "x.hada_t2": cores[1]}
    for i in range(2):
        tensors |= {f"x.hada_w{i + 1}_a": first[i], f"x.hada_w{i + 1}_b": second[i]}
    wanted = torch.ones(8, 5, 3, 3)
    for core, a, b in zip(cores, first, second, strict=True):
        dense = torch.zeros(8, 5, 3, 3)
        for i in range(2):
            for j in range(2):
                dense += a[i][:, None, None, None] * b[j][None, :, None, None] * core[i, j]
        wanted *= dense
    torch.testing.assert_close(apply(torch.zeros(8, 5, 3, 3), tensors), wanted)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_lokr_is_a_kronecker_product(is_whole):
    first, a, b = torch.randn(2, 1), torch.randn(4, 3), torch.randn(3, 5)
    second = a @ b
    tensors = {"x.lokr_w1": first, "x.alpha": torch.tensor(6.0)}
    tensors |= {"x.lokr_w2": second} if is_whole else {"x.lokr_w2_a": a, "x.lokr_w2_b": b}
    wanted = torch.kron(first, second) * (1 if is_whole else 6 / 3)
    torch.testing.assert_close(apply(torch.zeros(8, 5), tensors), wanted)


def test_a_lokr_of_convolutions_keeps_its_kernel():
    first, second = torch.randn(2, 3), torch.randn(4, 5, 3, 3)
    new = apply(torch.zeros(8, 15, 3, 3), {"x.lokr_w1": first, "x.lokr_w2": second})
    for out in range(8):
        for into in range(15):
            torch.testing.assert_close(new[out, into], first[out // 4, into // 5] * second[out % 4, into % 5])


@pytest.mark.parametrize("is_by_row", [True, False])
def test_a_dora_gives_the_changed_direction_a_learnt_length(is_by_row):
    weight, up, down = torch.randn(8, 5), torch.randn(8, 2), torch.randn(2, 5)
    lengths = torch.rand(8, 1) if is_by_row else torch.rand(1, 5)
    tensors = {"x.lora_up.weight": up, "x.lora_down.weight": down, "x.dora_scale": lengths}
    direction = F.normalize(weight + up @ down, dim=1 if is_by_row else 0)
    torch.testing.assert_close(apply(weight, tensors), lengths * direction)
    torch.testing.assert_close(apply(weight, tensors, 0.5), (weight + lengths * direction) / 2)


def test_a_dora_that_learnt_nothing_changes_nothing():
    layer = nn.Conv2d(5, 8, 3)
    weight = layer.weight.detach()
    lengths = weight.flatten(1).norm(dim=1).reshape(8, 1, 1, 1)
    tensors = {"x.lora_up.weight": torch.zeros(8, 2, 1, 1), "x.lora_down.weight": torch.zeros(2, 5, 3, 3)}
    torch.testing.assert_close(apply(weight, {**tensors, "x.dora_scale": lengths}), weight)


def test_differences_are_added_and_replacements_replace():
    weight, other = torch.randn(8, 5), torch.randn(8, 5)
    torch.testing.assert_close(apply(weight, {"x.diff": other}, 0.5), weight + 0.5 * other)
    assert torch.equal(apply(weight, {"x.set_weight": other}, 0.5), other)
    assert torch.equal(apply(weight[0], {"x.diff_b": other[0]}), weight[0] + other[0])


def test_a_layer_that_a_file_fuses_is_cut_to_its_rows():
    weights, up, down = torch.randn(3, 4, 5), torch.randn(12, 2), torch.randn(2, 5)
    tensors = {"qkv.lora_up.weight": up, "qkv.lora_down.weight": down, "qkv.dora_scale": torch.rand(12, 1)}
    whole = apply(weights.reshape(12, 5), tensors)
    for index, weight in enumerate(weights):
        part = apply(weight, tensors, piece=Piece("qkv", index * 4, 4))
        torch.testing.assert_close(part, whole[index * 4 : index * 4 + 4])
