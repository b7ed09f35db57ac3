"""Training in graphs: the embedded model learns a style from eight pictures, and can be asked for it or not."""

import pytest
import torch
from safetensors.torch import load_file

from graph.artefacts import Artefacts
from graph.context import Context
from graph.errors import Cancelled
from nodes.diffusion.errors import ModelError
from nodes.models.lora import load_lora_model_only
from nodes.training import lora_training
from tests.nodes.training_bench import Bench, build_bench, magenta

pytestmark = pytest.mark.timeout(1200)  # half a minute of processor time, which takes long where many share it


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return build_bench(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(bench: Bench) -> lora_training.Training:
    return bench.train()


def test_a_style_is_learnt_from_eight_pictures(bench: Bench, trained: lora_training.Training) -> None:
    before, after = (magenta(each) for each in (bench.plain, bench.draw(bench.with_lora(trained.lora, 1.0))))
    assert after > max(0.03, before + 0.2), (before, after, trained.loss_map["loss"])


def test_half_the_strength_gives_less_of_it_and_none_the_model_bit_for_bit(
    bench: Bench, trained: lora_training.Training
) -> None:
    none, half, full = (bench.draw(bench.with_lora(trained.lora, strength)) for strength in (0.0, 0.5, 1.0))
    assert torch.equal(bench.plain, none)
    assert magenta(none) < magenta(half) < magenta(full)


def test_the_file_loads_as_any_lora_does_and_draws_the_same_picture(
    bench: Bench, trained: lora_training.Training
) -> None:
    ctx = Context()
    lora_training.save_trained_lora(
        trained.lora, "loras/magenta", trained.steps, ctx=ctx, artefacts=Artefacts(bench.folders)
    )
    name = ctx.shown["models"][0]["filename"]
    assert name.startswith("magenta_40_steps")
    loaded = load_lora_model_only(bench.parts.MODEL, name, 1.0, **bench.services)
    assert torch.equal(bench.draw(loaded), bench.draw(bench.with_lora(trained.lora, 1.0)))
    keys = load_file(bench.folders.path("loras", name))
    assert "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight" in keys
    assert {key.split(".", 1)[1] for key in keys} == {"alpha", "lora_down.weight", "lora_up.weight"}


def test_a_cancelled_training_goes_on_and_ends_as_if_it_had_not_been(bench: Bench) -> None:
    whole = bench.train(steps=4, batch_size=1, seed=11)
    seen: list[float] = []

    def report(value: float, maximum: float, preview: bytes | None) -> None:
        seen.append(value)

    for path in (bench.folders.data / "training" / "checkpoints").iterdir():
        path.unlink()
    with pytest.raises(Cancelled):
        bench.train(Context(report=report, is_cancelled=lambda: len(seen) == 2), steps=4, batch_size=1, seed=11)
    again = bench.train(Context(report=report), steps=4, batch_size=1, seed=11)
    assert seen == [1, 2, 4]  # the third was done when the job stopped
    assert again.loss_map == whole.loss_map
    assert all(torch.equal(again.lora[key], each) for key, each in whole.lora.items())


def test_more_steps_go_on_from_fewer(bench: Bench) -> None:
    few = bench.train(steps=2, batch_size=1, seed=12)
    seen: list[float] = []
    more = bench.train(Context(report=lambda value, *_: seen.append(value)), steps=4, batch_size=1, seed=12)
    assert seen == [3, 4]
    assert more.loss_map["loss"][:2] == few.loss_map["loss"]
    assert more.steps == 4


def test_a_lora_is_trained_further(bench: Bench, trained: lora_training.Training) -> None:
    ctx = Context()
    lora_training.save_trained_lora(trained.lora, "loras/first", ctx=ctx, artefacts=Artefacts(bench.folders))
    name = ctx.shown["models"][0]["filename"]
    still = bench.train(steps=1, learning_rate=1e-7, existing_lora=name, alpha=2.0)
    first, second = (bench.draw(bench.with_lora(lora, 1.0)) for lora in (trained.lora, still.lora))
    torch.testing.assert_close(first, second, atol=0.02, rtol=0)
    with pytest.raises(ModelError, match="cannot be trained further with rank 4"):
        bench.train(steps=1, rank=4, existing_lora=name)


def test_a_running_training_shows_its_losses_and_what_it_draws(bench: Bench) -> None:
    previews: list[bytes] = []
    ctx = Context(previews="auto", report=lambda value, maximum, preview: previews.append(preview or b""))
    made = bench.train(ctx, steps=2, seed=13)
    assert previews[0].startswith(b"\xff\xd8")
    lora_training.plot_loss(made.loss_map, ctx=ctx, artefacts=Artefacts(bench.folders))
    assert ctx.shown["images"][0]["type"] == "temp"


def test_the_other_algorithms_are_refused_before_anything_runs() -> None:
    assert lora_training._check_algorithm(algorithm="LoRA") is True
    assert "cannot be trained here" in str(lora_training._check_algorithm(algorithm="OFT"))
