"""Nodes of textual inversion: a new word is learnt from pictures, used in prompts, and saved."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field
from torch import Tensor

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Widget, node
from nodes.conditioning.text_encoding import embedding_finder
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.training.finetuning import files
from nodes.diffusion.training.finetuning.inversion import InversionSettings, learn_word
from nodes.diffusion.training.finetuning.loop import LoopSettings
from nodes.diffusion.training.finetuning.samples import pictures_of
from nodes.diffusion.types import ClipHandle, ModelHandle
from nodes.diffusion.types import Latent as LatentValue
from nodes.diffusion.weights.merging_files import Written
from nodes.images.saving import provenance
from nodes.sampling.denoising import LARGEST_SEED
from nodes.sockets import Clip, Conditioning
from nodes.training.lora_training import LossMap
from nodes.training.training_progress import TrainingProgress

Embedding = Annotated[Mapping[str, Tensor], Socket("EMBEDDING")]
"""The vectors of a learnt word, as its file has them."""


class LearntWord(NamedTuple):
    """What came of a training."""

    embedding: Embedding
    loss_map: LossMap


@node(
    "TrainTextualInversion",
    title="Train textual inversion",
    category="training",
    occupies="gpu",
    takes_lists=True,
    experimental=True,
)
def train_textual_inversion(
    model: Annotated[list[ModelHandle], Socket("MODEL"), Field(description="What draws; it stays as it is.")],
    clip: Annotated[list[ClipHandle], Socket("CLIP"), Field(description="Its text encoder; it stays as it is too.")],
    latents: Annotated[list[LatentValue], Socket("LATENT"), Field(description="The pictures, encoded.")],
    prompts: Annotated[
        list[str],
        Socket("STRING"),
        Widget(multiline=True),
        Field(default="a picture of *", description="One a line; * is where the new word stands."),
    ],
    initial_text: Annotated[
        list[str], Socket("STRING"), Field(default="picture", description="Words that are nearest to what is meant.")
    ],
    vectors: Annotated[
        list[int],
        Socket("INT"),
        Field(default=2, ge=1, le=64, description="How many tokens of a prompt the new word takes: more say more."),
    ],
    steps: Annotated[
        list[int], Socket("INT"), Field(default=100, ge=1, le=100000, description="How often the vectors are moved.")
    ],
    batch_size: Annotated[
        list[int], Socket("INT"), Field(default=1, ge=1, le=10000, description="How many pictures are seen at once.")
    ],
    learning_rate: Annotated[
        list[float],
        Socket("FLOAT"),
        Field(default=0.005, ge=1e-7, le=1.0, multiple_of=1e-7, description="How far they are moved each time."),
    ],
    seed: Annotated[
        list[int],
        Socket("INT"),
        Field(default=0, ge=0, le=LARGEST_SEED, description="Of everything that is left to chance."),
        Widget(control_after_generate=True),
    ],
    *,
    ctx: Context,
    models: ModelRegistry,
    folders: Folders,
) -> LearntWord:
    """Learn a new word for what pictures have in common; nothing else of the model changes.

    Less can be learnt so than with a LoRA: only what the model can draw already. It is kept and resumed as a LoRA is.
    """
    samples = pictures_of(latents)
    lines = tuple(line.strip() for line in prompts[0].splitlines() if line.strip())
    settings = InversionSettings(lines or ("",), vectors[0], initial_text[0], batch_size[0], seed[0])
    loop = LoopSettings(steps[0], learning_rate=learning_rate[0])
    decided = (model[0].options, clip[0], settings, replace(loop, steps=0))
    name = files.identity(model[0].source, model[0].patches, samples, *decided)
    loop = replace(loop, checkpoint=files.checkpoint_at(folders.data / "training" / "checkpoints", name))
    learnt = learn_word(models, (model[0], clip[0]), samples, settings, loop, TrainingProgress(ctx))
    return LearntWord(learnt.tensors, {"loss": learnt.losses})


@node(
    "CLIPTextEncodeWithEmbedding",
    title="Encode prompt with embedding",
    category="training",
    occupies="gpu",
    experimental=True,
)
def encode_with_embedding(
    clip: Annotated[Clip, Field(description="The text encoder that the word was learnt for.")],
    embedding: Annotated[Embedding, Field(description="A word that was just learnt.")],
    text: Annotated[
        str, Widget(multiline=True), Field(description="What to draw; embedding:learnt is where the new word stands.")
    ] = "embedding:learnt",
    name: Annotated[str, Field(description="What the word is called in the prompt, after `embedding:`.")] = "learnt",
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt with a textual inversion in the graph that learnt it."""
    path, _ = files.stored(folders.data / "training" / "embeddings", embedding)
    find = _finder(name, path, embedding_finder(folders))
    with models.use_clip(clip) as encoder:
        encoded = encoder.encode(text, stop_at_layer=clip.stop_at_layer, find_embedding=find)
    return [(encoded.hidden, {"pooled_output": encoded.pooled})]


@node("SaveEmbedding", title="Save embedding", category="training", output=True, occupies="io", experimental=True)
def save_embedding(
    embedding: Annotated[Embedding, Field(description="A word that was learnt.")],
    filename_prefix: Annotated[
        str, Field(description="How the file is called; what is below embeddings/ of the output folder can be used.")
    ] = "embeddings/learnt",
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> None:
    """Save a textual inversion; prompts name it by its file, such as `embedding:learnt_00001_`."""
    artefact = artefacts.write(Name(filename_prefix, ".safetensors"), Written(embedding, provenance(ctx)).write)
    ctx.show(models=[artefact.describe()])


def _finder(name: str, path: Path, others: Callable[[str], Path | None]) -> Callable[[str], Path | None]:
    """Finds a file by a name, with or without its ending, and all others where they are."""

    def find(wanted: str) -> Path | None:
        return path if wanted in (name, f"{name}{path.suffix}") else others(wanted)

    return find
