"""Nodes that read, make and save sets of pictures for training."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field
from torch import Tensor

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.datatypes import Socket
from graph.folders import INPUT_FOLDERS, Folders
from graph.node import Choices, Files, Widget, node
from graph.values import AsList
from nodes.conditioning.text_encoding import encode_prompt
from nodes.diffusion import training_sets
from nodes.diffusion.files import picture_files
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.pictures import picture_sets
from nodes.diffusion.types import ClipHandle, VaeHandle
from nodes.diffusion.types import Latent as LatentValue
from nodes.latents.autoencoding import encode_image

Folder = Annotated[str, Files(INPUT_FOLDERS), Field(description="A sub-folder of the input folder.")]
Pictures = Annotated[list[Tensor], Socket("IMAGE")]
Images = Annotated[Sequence[Tensor], Socket("IMAGE"), AsList()]
Texts = Annotated[Sequence[str], Socket("STRING"), AsList()]
Latents = Annotated[Sequence[LatentValue], Socket("LATENT"), AsList()]
Conditionings = Annotated[Sequence[Any], Socket("CONDITIONING"), AsList()]  # pairs of a tensor and options
FolderName = Annotated[
    list[str], Socket("STRING"), Field(description="A folder below the output folder; its name may hold dates.")
]
SHARD_SUFFIX = ".safetensors"


class PictureList(NamedTuple):
    """A list of pictures."""

    images: Images


class CaptionedList(NamedTuple):
    """A list of pictures, and a list of what they show."""

    images: Images
    texts: Annotated[Texts, Field(description="What stands in the text files beside them; empty without one.")]


class TrainingLists(NamedTuple):
    """Encoded pictures and captions, item by item."""

    latents: Latents
    conditioning: Conditionings


@node(
    "LoadImageDataSetFromFolder",
    title="Load image dataset from folder",
    category="dataset",
    occupies="io",
    experimental=True,
)
def load_image_data_set_from_folder(folder: Folder, *, folders: Folders) -> PictureList:
    """Read all pictures of a folder as a list; what uses it runs once for each.

    A sub-folder called `10_cats` counts ten times.
    """
    return PictureList([each.image for each in picture_sets.read_set(folders.path(INPUT_FOLDERS, folder))])


@node(
    "LoadImageTextDataSetFromFolder",
    title="Load image and text dataset from folder",
    category="dataset",
    occupies="io",
    experimental=True,
)
def load_image_text_data_set_from_folder(folder: Folder, *, folders: Folders) -> CaptionedList:
    """Read all pictures of a folder as a list, with the texts of the same names.

    A sub-folder called `10_cats` counts ten times.
    """
    found = picture_sets.read_set(folders.path(INPUT_FOLDERS, folder))
    return CaptionedList([each.image for each in found], [each.text for each in found])


@node(
    "SaveImageDataSetToFolder",
    title="Save image dataset to folder",
    category="dataset",
    output=True,
    occupies="io",
    takes_lists=True,
    deprecated=True,
    experimental=True,
)
def save_image_data_set_to_folder(
    images: Annotated[Pictures, Field(description="The pictures.")],
    folder_name: Annotated[FolderName, Field(default="dataset")],
    filename_prefix: Annotated[
        list[str],
        Socket("STRING"),
        Field(default="image", description="How files are called, before their number."),
    ],
    mode: Annotated[
        list[str],
        Choices(("overwrite", "increment")),
        Field(default="overwrite", description="Replace what is there, or go on counting."),
    ],
    *,
    ctx: Context,
    artefacts: Artefacts,
    folders: Folders,
) -> None:
    """Save pictures as numbered files of one folder, to train with."""
    name = Name(f"{folder_name[0]}/{filename_prefix[0]}", ".png")
    first = 0 if mode[0] == "overwrite" else _next_number(name, folders)
    singles = [image for batch in images for image in batch]
    for number, image in enumerate(singles, start=first):
        ctx.check_cancelled()
        ctx.show(images=[artefacts.replace(name, number, picture_files.encode_png(image, {})).describe()])


@node("ResolutionBucket", title="Resolution bucket", category="dataset", takes_lists=True, experimental=True)
def resolution_bucket(
    latents: Annotated[list[LatentValue], Socket("LATENT"), Field(description="The latents.")],
    conditioning: Annotated[list[Any], Socket("CONDITIONING"), Field(description="Their captions.")],
) -> TrainingLists:
    """Group latents by size into batches, with their captions, so that each step trains one size."""
    return TrainingLists(*training_sets.bucketed(training_sets.paired(latents, conditioning)))


@node(
    "MakeTrainingDataset",
    title="Make training dataset",
    category="dataset",
    occupies="gpu",
    takes_lists=True,
    experimental=True,
)
def make_training_dataset(
    images: Annotated[Pictures, Field(description="The pictures.")],
    vae: Annotated[list[VaeHandle], Socket("VAE"), Field(description="Encodes them.")],
    clip: Annotated[list[ClipHandle], Socket("CLIP"), Field(description="Encodes their captions.")],
    texts: Annotated[
        list[str] | None, Socket("STRING"), Widget(socket_only=True), Field(description="One for each, or one for all.")
    ] = None,
    *,
    ctx: Context,
    models: ModelRegistry,
    folders: Folders,
) -> TrainingLists:
    """Encode pictures and their captions once, to train with them many times."""
    singles = [single for batch in images for single in batch.split(1)]
    prompts = list(texts or [""])
    latents = []
    for number, image in enumerate(singles, start=1):
        latents.append(encode_image(image, vae[0], models=models))
        ctx.progress(number, len(singles))
    encoded = {text: encode_prompt(text, clip[0], models=models, folders=folders) for text in dict.fromkeys(prompts)}
    return TrainingLists(*training_sets.paired(latents, [encoded[text] for text in prompts]))


@node(
    "SaveTrainingDataset",
    title="Save training dataset",
    category="dataset",
    output=True,
    occupies="io",
    takes_lists=True,
    experimental=True,
)
def save_training_dataset(
    latents: Annotated[list[LatentValue], Socket("LATENT"), Field(description="The latents.")],
    conditioning: Annotated[list[Any], Socket("CONDITIONING"), Field(description="Their captions.")],
    folder_name: Annotated[FolderName, Field(default="training_dataset")],
    shard_size: Annotated[
        list[int], Socket("INT"), Field(default=1000, ge=1, le=100000, description="How many items go into one file.")
    ],
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> None:
    """Save encoded pictures and captions below the output folder; what was there under that name is replaced."""
    items = training_sets.paired(latents, conditioning)
    name = Name(f"{folder_name[0]}/shard", SHARD_SUFFIX)
    shards = training_sets.shards(items, shard_size[0])
    for number, shard in enumerate(shards):
        ctx.check_cancelled()
        ctx.show(files=[artefacts.replace(name, number, training_sets.encode(shard, len(shards))).describe()])


@node(
    "LoadTrainingDataset",
    title="Load training dataset",
    category="dataset",
    occupies="io",
    cacheable=False,
    experimental=True,
)
def load_training_dataset(
    folder_name: Annotated[str, Field(description="A folder below the output folder.")] = "training_dataset",
    *,
    folders: Folders,
) -> TrainingLists:
    """Read encoded pictures and captions that were saved before."""
    place = folders.path("output", folder_name)
    return TrainingLists(*training_sets.read(sorted(place.glob(f"shard_*{SHARD_SUFFIX}"))))


def _next_number(name: Name, folders: Folders) -> int:
    """The number after the highest in use."""
    subfolder, stem = name.parts(0, datetime.now())
    taken = (folders.directories("output")[0] / subfolder).glob(f"{stem}_*{name.suffix}")
    numbers = [int(path.stem.removeprefix(f"{stem}_")) for path in taken if path.stem[len(stem) + 1 :].isdigit()]
    return max(numbers, default=-1) + 1
