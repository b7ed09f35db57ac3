"""A KL autoencoder in a file of its own, in the original or in the diffusers layout."""

from math import prod

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.autoencoder_files import autoencoder_from_file
from nodes.diffusion.families.contents import Contents, SingleFile
from nodes.diffusion.families.kl_autoencoder import KlAutoencoder
from nodes.diffusion.families.ldm_vae import is_diffusers, is_original
from nodes.diffusion.memory import Placement
from nodes.diffusion.statefile import shapes_below
from nodes.diffusion.types import Component, DiffusionModel, TextEncoder

PREFIXES = ("", "first_stage_model.", "vae.")


class Autoencoder:
    """The family of stand-alone autoencoders; see `nodes.diffusion.families.family.Family`."""

    name = "autoencoder"
    title = "KL autoencoder"

    def parts(self, contents: Contents) -> dict[Component, int]:
        """How many weights the autoencoder has; empty if the file holds none, or more than that."""
        prefix = _prefix(contents)
        if prefix is None or not isinstance(contents, SingleFile):
            return {}
        return {"vae": sum(prod(shape) for shape in shapes_below(contents.shapes, prefix).values())}

    def load_model(self, contents: Contents, placement: Placement) -> DiffusionModel:
        """There is no diffusion model in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_clip(self, contents: Contents, placement: Placement) -> TextEncoder:
        """There is no text encoder in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_vae(self, contents: Contents, placement: Placement) -> KlAutoencoder:
        """Build the autoencoder."""
        prefix = _prefix(contents)
        if prefix is None or not isinstance(contents, SingleFile):
            raise IncompleteModel(f"{contents.path.name} holds no autoencoder.")
        file = contents.file
        shapes = shapes_below(contents.shapes, prefix)
        return autoencoder_from_file(shapes, lambda key: file.tensor(prefix + key), placement, {})


def _prefix(contents: Contents) -> str | None:
    """Where the autoencoder is in the file; None if there is none."""
    if not isinstance(contents, SingleFile):
        return None
    for prefix in PREFIXES:
        shapes = shapes_below(contents.shapes, prefix)
        if is_original(shapes) or is_diffusers(shapes):
            return prefix
    return None
