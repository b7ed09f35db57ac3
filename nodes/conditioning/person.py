"""Nodes that put a person into a prompt: PhotoMaker."""

from typing import Annotated

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, node
from nodes.conditioning.text_encoding import Prompt, encoded_text, texts_change
from nodes.diffusion.conditioning_operations import conditioning_of
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.vision.person import PersonHandle, open_person, split_prompt, with_person
from nodes.sockets import Clip, Conditioning, Image

PhotoMaker = Annotated[PersonHandle, Socket("PHOTOMAKER")]
"""Which PhotoMaker."""


@node("PhotoMakerLoader", title="Load PhotoMaker", category="loaders", occupies="io", experimental=True)
def load_photomaker(
    photomaker_model_name: Annotated[
        str, Files("photomaker"), Field(description="A .safetensors file with the first version of PhotoMaker.")
    ],
    *,
    folders: Folders,
) -> PhotoMaker:
    """Choose a PhotoMaker: what puts a person's face into a prompt for Stable Diffusion XL.

    The LoRA that comes with it is loaded by `LoraLoaderModelOnly`.
    """
    path = folders.path("photomaker", photomaker_model_name)
    return open_person(path, folders.digest("photomaker", photomaker_model_name))


@node(
    "PhotoMakerEncode",
    title="Encode prompt (PhotoMaker)",
    category="conditioning",
    occupies="gpu",
    fingerprint=texts_change,
    experimental=True,
)
def encode_person(
    photomaker: PhotoMaker,
    image: Annotated[Image, Field(description="The person; the first picture counts.")],
    clip: Annotated[Clip, Field(description="The text encoders of a Stable Diffusion XL.")],
    text: Annotated[
        Prompt,
        Field(description="What to draw; `photomaker` stands behind the word that the person is."),
    ] = "photograph of photomaker",
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt in which one word is a person from a picture."""
    words, number = split_prompt(text)
    encoded = encoded_text(clip, words, models, folders)
    if number is not None:
        encoded = encoded._replace(hidden=with_person(models, photomaker, image, encoded.hidden, number))
    return conditioning_of(encoded)
