"""What families of flow models share: a transformer in the original layout or in that of diffusers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.autoencoder_files import autoencoder_from_file, autoencoder_from_folder, find_autoencoder
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.flow_text_files import find_texts, text_sizes
from nodes.diffusion.families.layouts import Layout
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.unet_files import PREFIXES
from nodes.diffusion.families.weights import Piece, Shapes, file_shapes, unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Autoencoder, Component, LatentFormat, TextEncoder

SETTINGS = ("num_attention_heads", "attention_head_dim", "axes_dims_rope", "zero_cond_t", "sample_size")
"""What no shape tells, and so may stand in a file's header under `latentloom.transformer`."""


class FlowFamily(ABC):
    """A family of flow models; see `nodes.diffusion.families.family.Family`. Each says what is its own."""

    name: str
    title: str
    latent_format: LatentFormat
    layout: Layout
    pipeline: str
    """Class of the transformer in diffusers folders."""
    marks: tuple[str, ...]
    """Keys that the transformer has in original files."""
    layout_marks: tuple[str, ...]
    """Keys that the transformer has in the layout of diffusers."""
    foreign: tuple[str, ...] = ()
    """Keys of other families that share the marks."""

    beside: tuple[str, ...] = ()
    """Beginnings of keys that original files hold and the transformer has no use for."""
    is_wide: ClassVar[bool] = True
    """Whether it computes with numbers that float16 cannot hold."""

    @abstractmethod
    def config(self, shapes: Shapes) -> dict[str, Any]:
        """The configuration of the transformer from the shapes of an original file."""

    @abstractmethod
    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer; called where nothing takes memory."""

    def restore(self, network: nn.Module, config: Mapping[str, Any]) -> None:  # noqa: B027 - most have nothing to do
        """Compute the tables of a transformer that no file holds."""

    @abstractmethod
    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """The transformer as sampling sees it."""

    @abstractmethod
    def reads(self, texts: Mapping[str, View]) -> bool:
        """Whether the family reads these text encoders, by name."""

    @abstractmethod
    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """Build its text encoders."""

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """The text encoders by name, as far as they are there."""
        return find_texts(contents)

    def find(self, contents: Contents) -> View | None:
        """The weights of its transformer; None if there is none."""
        if isinstance(contents, ModelFolder):
            part = contents.part("transformer")
            return part.view() if part.config.get("_class_name") == self.pipeline else None
        if not isinstance(contents, SingleFile):
            return None
        for prefix in PREFIXES:
            if self._is_network(contents.shapes, prefix):
                view = contents.view(prefix)
                return view.without(*self.beside) if self.beside else view
        return None

    def parts(self, contents: Contents) -> dict[Component, int]:
        """How many weights each part has; empty if this is another family."""
        network, texts = self.find(contents), self.texts(contents)
        parts: dict[Component, int] = {"clip": text_sizes(texts)} if self.reads(texts) else {}
        if network is None:
            return parts
        parts["model"] = network.size
        if (vae := self.find_vae(contents)) is not None:
            parts["vae"] = vae.size
        return parts

    def load_model(self, contents: Contents, placement: Placement) -> FlowTransformer:
        """Build the transformer."""
        view = self.find(contents)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no transformer of {self.title}.")
        is_original = all(mark in view.shapes for mark in self.marks)
        config = dict(view.config) or {
            **self.config(view.shapes if is_original else file_shapes(self.layout.key_map(view.shapes), view.shapes)),
            **view.settings("transformer", SETTINGS),
        }
        network = skeleton(lambda: self.new_network(config))
        own = state_shapes(network)
        names = self.layout.key_map(own)
        places = names if is_original else unchanged(own)
        self.restore(network, config)
        fill(network, gather(network, places, view.shapes, view.read), placement)
        return self.model(network, names, placement)

    def load_clip(self, contents: Contents, placement: Placement) -> TextEncoder:
        """Build the text encoders with their tokenizers."""
        return self.load_texts(contents, self.texts(contents), placement)

    def load_vae(self, contents: Contents, placement: Placement) -> Autoencoder:
        """Build the autoencoder."""
        view = self.find_vae(contents)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no autoencoder.")
        return self.build_vae(contents, view, placement)

    def find_vae(self, contents: Contents) -> View | None:
        """The weights of its autoencoder; None if there is none."""
        return find_autoencoder(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> Autoencoder:
        """Its autoencoder from the weights that `find_vae` gave."""
        if isinstance(contents, ModelFolder):
            return autoencoder_from_folder(contents.part("vae"), placement)
        return autoencoder_from_file(view, placement)

    def _is_network(self, shapes: Shapes, prefix: str) -> bool:
        if any(prefix + key in shapes for key in self.foreign):
            return False
        own = self.layout_marks
        return all(prefix + key in shapes for key in self.marks) or all(prefix + key in shapes for key in own)
