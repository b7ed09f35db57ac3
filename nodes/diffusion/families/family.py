"""What a model family is: how it recognises its files, and how it builds the parts of a model from them."""

from collections.abc import Mapping
from typing import Protocol

from nodes.diffusion.families.contents import Contents
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Autoencoder, Component, DiffusionModel, TextEncoder


class Family(Protocol):
    """One kind of model. A new kind is a new file with one of these, and a line in `families.known`."""

    @property
    def name(self) -> str:
        """The `architecture` of its handles, such as `sd1`."""
        ...

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    def parts(self, contents: Contents) -> Mapping[Component, int]:
        """How many weights each part has that the file or folder holds; empty if it is of another family.

        Decided by keys, shapes and configuration, never by the file's name, and without reading weights.
        """
        ...

    def load_model(self, contents: Contents, placement: Placement) -> DiffusionModel:
        """Build the diffusion model.

        Raises:
            ModelError: the weights do not fit, or some are missing.
        """
        ...

    def load_clip(self, contents: Contents, placement: Placement) -> TextEncoder:
        """Build the text encoder with its tokenizer.

        Raises:
            ModelError: as `load_model`.
        """
        ...

    def load_vae(self, contents: Contents, placement: Placement) -> Autoencoder:
        """Build the autoencoder.

        Raises:
            ModelError: as `load_model`.
        """
        ...
