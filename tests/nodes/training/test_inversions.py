"""Textual inversion in graphs: a word for a style is learnt, used in the same graph, saved, and used by its file."""

from typing import Any

import pytest
import torch

from graph.artefacts import Artefacts
from graph.context import Context
from nodes.conditioning.text_encoding import encode_prompt
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.training.finetuning.inversion import windows_with
from nodes.training import inversions
from tests.nodes.training_bench import Bench, build_bench, magenta

pytestmark = pytest.mark.timeout(1200)  # as for the training of LoRAs
PROMPT = "a small house on green hills, embedding:learnt"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return build_bench(tmp_path_factory.mktemp("data"))


def learn(bench: Bench, ctx: Context | None = None, **inputs: Any) -> inversions.LearntWord:
    wanted = {
        "prompts": "a house, *\na picture, *",
        "initial_text": "pink",
        "vectors": 4,
        "steps": 40,
        "batch_size": 2,
        "learning_rate": 0.03,
        "seed": 1,
    } | inputs
    return inversions.train_textual_inversion(
        [bench.parts.MODEL],
        [bench.parts.CLIP],
        list(bench.data.latents),
        **{key: [value] for key, value in wanted.items()},
        ctx=ctx or Context(),
        **bench.services,
    )


def encode(bench: Bench, embedding: inversions.Embedding) -> Any:
    return inversions.encode_with_embedding(bench.parts.CLIP, embedding, PROMPT, **bench.services)


def test_a_learnt_word_brings_the_style_here_and_from_its_file(bench: Bench) -> None:
    learnt = learn(bench)
    assert learnt.embedding["emb_params"].shape == (4, 128)
    here = bench.draw(bench.parts.MODEL, positive=encode(bench, learnt.embedding))
    first = learn(bench, steps=1, learning_rate=1e-7)
    before = bench.draw(bench.parts.MODEL, positive=encode(bench, first.embedding))
    assert magenta(here) > magenta(before) + 0.05, (magenta(bench.plain), magenta(before), magenta(here))
    ctx = Context()
    inversions.save_embedding(learnt.embedding, ctx=ctx, artefacts=Artefacts(bench.folders))
    name = ctx.shown["models"][0]["filename"].removesuffix(".safetensors")
    saved = encode_prompt(PROMPT.replace("learnt", name), bench.parts.CLIP, **bench.services)
    assert torch.equal(here, bench.draw(bench.parts.MODEL, positive=saved))


def test_learning_a_word_goes_on_where_it_stopped(bench: Bench) -> None:
    whole = learn(bench, steps=3, seed=4, batch_size=1)
    again = learn(bench, steps=3, seed=4, batch_size=1)
    assert torch.equal(again.embedding["emb_params"], whole.embedding["emb_params"])
    told: list[float] = []
    learn(bench, Context(report=lambda value, *_: told.append(value)), steps=4, seed=4, batch_size=1)
    assert told == [4]


def test_what_cannot_be_learnt_is_told(bench: Bench) -> None:
    with pytest.raises(DiffusionError, match="has no words to start from"):
        learn(bench, initial_text=" ")
    with bench.models.use_clip(bench.parts.CLIP) as encoder, pytest.raises(DiffusionError, match="lacks the sign"):
        windows_with(encoder, "a house", torch.zeros(1, 128))
