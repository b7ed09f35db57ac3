"""Nodes that teach a model something from pictures: training a LoRA, using it, saving it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

import torch
from pydantic import Field
from safetensors.torch import load_file
from torch import Tensor

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Choices, Files, Widget, node
from nodes.diffusion.files import picture_files
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.patches.attaching import PatchFile, attach
from nodes.diffusion.training.finetuning import buckets, files, showing
from nodes.diffusion.training.finetuning.loop import LoopSettings, OptimiserName
from nodes.diffusion.training.finetuning.lora import LoraSettings, Start, train_lora
from nodes.diffusion.training.finetuning.objective import LossName, ObjectiveSettings
from nodes.diffusion.training.finetuning.samples import samples_of
from nodes.diffusion.training_sets import paired
from nodes.diffusion.types import Latent as LatentValue
from nodes.diffusion.types import ModelHandle
from nodes.diffusion.weights.merging_files import Written
from nodes.images.saving import provenance
from nodes.sampling.denoising import LARGEST_SEED
from nodes.sockets import Image, Model
from nodes.training.training_progress import TrainingProgress

LoraModel = Annotated[Mapping[str, Tensor], Socket("LORA_MODEL")]
"""The tensors of a LoRA, as its file has them."""
LossMap = Annotated[Mapping[str, Sequence[float]], Socket("LOSS_MAP")]
"""The losses of a training by name; `loss` has one for each step."""
NO_LORA = "[None]"
ALPHA = 1.0
"""What it is where a graph says nothing of it."""
_DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


class ModelWithLora(NamedTuple):
    """The model with the LoRA."""

    model: Annotated[Model, Field(description="The diffusion model with the LoRA.")]


class Training(NamedTuple):
    """What came of a training."""

    lora: LoraModel
    loss_map: LossMap
    steps: Annotated[int, Field(description="How many steps were trained in all.")]


def _check_algorithm(algorithm: object = "LoRA", **_: object) -> bool | str:
    """Only one algorithm is there; the ecosystem knows more."""
    found = algorithm[0] if isinstance(algorithm, list) and algorithm else algorithm
    return found in (None, "LoRA") or f'"{found}" cannot be trained here, only read from files; choose "LoRA".'


@node(
    "TrainLoraNode",
    title="Train LoRA",
    category="training",
    occupies="gpu",
    takes_lists=True,
    experimental=True,
    check=_check_algorithm,
)
def train_lora_node(
    model: Annotated[list[ModelHandle], Socket("MODEL"), Field(description="What is adapted; it stays as it is.")],
    latents: Annotated[list[LatentValue], Socket("LATENT"), Field(description="The pictures, encoded.")],
    positive: Annotated[list[Any], Socket("CONDITIONING"), Field(description="What each shows, or one for all.")],
    batch_size: Annotated[
        list[int], Socket("INT"), Field(default=1, ge=1, le=10000, description="How many pictures are seen at once.")
    ],
    grad_accumulation_steps: Annotated[
        list[int],
        Socket("INT"),
        Field(default=1, ge=1, le=1024, description="How many batches make a step: as larger ones, in less memory."),
    ],
    steps: Annotated[
        list[int], Socket("INT"), Field(default=16, ge=1, le=100000, description="How often the weights are moved.")
    ],
    learning_rate: Annotated[
        list[float],
        Socket("FLOAT"),
        Field(default=0.0005, ge=1e-7, le=1.0, multiple_of=1e-7, description="How far they are moved each time."),
    ],
    rank: Annotated[
        list[int], Socket("INT"), Field(default=8, ge=1, le=128, description="The size of its matrices: more say more.")
    ],
    optimizer: Annotated[
        list[OptimiserName],
        Choices(("AdamW", "Adam", "SGD", "RMSprop")),
        Field(default="AdamW", description="How steps follow from gradients."),
    ],
    loss_function: Annotated[
        list[LossName],
        Choices(("MSE", "L1", "Huber", "SmoothL1")),
        Field(default="MSE", description="What an error costs."),
    ],
    seed: Annotated[
        list[int],
        Socket("INT"),
        Field(default=0, ge=0, le=LARGEST_SEED, description="Of everything that is left to chance."),
        Widget(control_after_generate=True),
    ],
    training_dtype: Annotated[
        list[str],
        Choices(("bf16", "fp32", "none")),
        Field(default="bf16", description="What the model computes in meanwhile; none leaves it as it is."),
    ],
    lora_dtype: Annotated[
        list[str],
        Choices(("bf16", "fp32")),
        Field(default="bf16", description="What the result is kept in; it is trained in fp32."),
    ],
    quantized_backward: Annotated[
        list[bool], Socket("BOOLEAN"), Field(default=False, description="For quantised models, which are not trained.")
    ],
    algorithm: Annotated[
        list[str],
        Choices(("LoRA", "LoHa", "LoKr", "OFT")),
        Field(default="LoRA", description="The kind of change; only LoRA can be trained here."),
    ],
    gradient_checkpointing: Annotated[
        list[bool],
        Socket("BOOLEAN"),
        Field(default=True, description="Compute some things twice instead of keeping them: slower, less memory."),
    ],
    checkpoint_depth: Annotated[
        list[int], Socket("INT"), Field(default=1, ge=1, le=5, description="Of no account: whole blocks are repeated.")
    ],
    offloading: Annotated[
        list[bool],
        Socket("BOOLEAN"),
        Field(default=False, description="Of no account: the house moves weights itself."),
    ],
    existing_lora: Annotated[
        list[str], Files("loras", (NO_LORA,)), Field(default=NO_LORA, description="A LoRA to go on with.")
    ],
    bucket_mode: Annotated[
        list[bool],
        Socket("BOOLEAN"),
        Field(default=False, description="For latents from ResolutionBucket; pictures of one size are found anyway."),
    ],
    bypass_mode: Annotated[
        list[bool], Socket("BOOLEAN"), Field(default=False, description="Of no account: it is always trained beside.")
    ],
    alpha: Annotated[
        list[float] | None,
        Socket("FLOAT"),
        Widget(optional=True),
        Field(
            default=ALPHA,
            ge=0.0,
            le=1024.0,
            multiple_of=0.01,
            description="What is learnt counts alpha / rank: with more alpha it learns faster.",
        ),
    ] = None,
    min_snr_gamma: Annotated[
        list[float] | None,
        Socket("FLOAT"),
        Widget(optional=True),
        Field(
            default=0.0,
            ge=0.0,
            le=100.0,
            multiple_of=0.01,
            description="Levels with little noise count less (min-SNR weighting): 5 is usual, 0 turns it off.",
        ),
    ] = None,
    *,
    ctx: Context,
    models: ModelRegistry,
    folders: Folders,
) -> Training:
    """Train a LoRA from encoded pictures and their texts.

    While it trains, its state is kept in the data folder every twenty seconds and when the job is cancelled: the same
    training, run again, goes on where it was, also after a crash, and with more steps too. Pictures of several sizes
    are trained in batches of one size each. Only models with a UNet can be trained.
    """
    samples = samples_of(*paired(latents, positive))
    objective = ObjectiveSettings(
        loss_function[0],
        min_snr_gamma[0] if min_snr_gamma else 0.0,
        torch.bfloat16 if training_dtype[0] == "bf16" else None,
    )
    settings = LoraSettings(
        rank[0],
        alpha[0] if alpha else ALPHA,
        batch_size[0],
        seed[0],
        objective,
        torch.float32 if training_dtype[0] == "fp32" else None,
        gradient_checkpointing[0],
    )
    start = _existing(existing_lora[0], folders)
    loop = LoopSettings(steps[0], grad_accumulation_steps[0], learning_rate[0], optimizer[0])
    decided = (settings, replace(loop, steps=0), start and folders.digest("loras", start.name))
    name = files.identity(model[0].source, model[0].patches, samples, model[0].options, *decided)
    loop = replace(loop, checkpoint=files.checkpoint_at(folders.data / "training" / "checkpoints", name))
    trained = train_lora(models, model[0], samples, settings, loop, start=start, watch=TrainingProgress(ctx))
    lora = {key: each.to(_DTYPES[lora_dtype[0]]) for key, each in trained.tensors.items()}
    return Training(lora, {"loss": trained.losses}, len(trained.losses))


@node("LoraModelLoader", title="Load LoRA model", category="training", occupies="io", experimental=True)
def load_lora_model(
    model: Annotated[Model, Field(description="What the LoRA was trained for.")],
    lora: Annotated[LoraModel, Field(description="A LoRA that was just trained.")],
    strength_model: Annotated[
        float, Field(ge=-100.0, le=100.0, description="How much of it the model takes; 0 is the model as it was.")
    ] = 1.0,
    bypass: Annotated[
        bool, Field(description="Of no account: weights are changed when the model is used, and given back after.")
    ] = False,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> ModelWithLora:
    """Add a LoRA to a diffusion model in the graph that trained it."""
    path, digest = files.stored(folders.data / "training" / "loras", lora)
    return ModelWithLora(attach(PatchFile(path, digest), model, None, models.outline, strength_model).model)


@node("SaveLoRA", title="Save LoRA", category="training", output=True, occupies="io", experimental=True)
def save_trained_lora(
    lora: Annotated[LoraModel, Field(description="A LoRA that was trained.")],
    prefix: Annotated[
        str, Field(description="How the file is called; what is below loras/ of the output folder can be loaded.")
    ] = "loras/ComfyUI_trained_lora",
    steps: Annotated[
        int | None, Widget(optional=True, socket_only=True), Field(description="Becomes part of the name.")
    ] = None,
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> None:
    """Save a LoRA as a file that Load LoRA and other programs read (names as in kohya-ss/sd-scripts)."""
    name = prefix if steps is None else f"{prefix}_{steps}_steps"
    artefact = artefacts.write(Name(name, ".safetensors"), Written(lora, provenance(ctx)).write)
    ctx.show(models=[artefact.describe()])


@node("LossGraphNode", title="Plot loss", category="training", output=True, occupies="io", experimental=True)
def plot_loss(
    loss: Annotated[LossMap, Field(description="The losses of a training.")],
    filename_prefix: Annotated[str, Field(description="How the picture is called.")] = "loss_graph",
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> None:
    """Show how the loss went, with its moving average: single losses depend on the noise that was drawn."""
    content = picture_files.encode_png(showing.loss_picture(loss["loss"]), provenance(ctx))
    ctx.show(images=[artefacts.write(Name(filename_prefix, ".png", folder="temp"), content).describe()])


@node("ResizeToBucket", title="Resize to bucket", category="training", experimental=True)
def resize_to_bucket(
    image: Image,
    side: Annotated[
        int, Field(ge=64, le=4096, multiple_of=8, description="As many pixels as a square of this side, at most.")
    ] = 512,
    step: Annotated[int, Field(ge=8, le=256, multiple_of=8, description="What sides are multiples of.")] = 64,
) -> Image:
    """Bring pictures of any shape to one of a few sizes, for training: those that fit are cut the least."""
    return buckets.to_bucket(image, side, min(step, side))


def _existing(name: str, folders: Folders) -> Start | None:
    return None if name == NO_LORA else Start(load_file(folders.path("loras", name)), name)
