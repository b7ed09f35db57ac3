"""Language models that write: those that read for diffusion models, with all of their layers and their vocabulary."""

from collections.abc import Mapping

from torch import nn

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import Contents, ModelFolder, View
from nodes.diffusion.families.language_text import EMBEDDING, find_language, load_language
from nodes.diffusion.families.weights import Piece
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.chats import CHATS
from nodes.diffusion.text.generation import WRITERS, LanguageWriter
from nodes.diffusion.text.language import LanguageStyle
from nodes.diffusion.types import Autoencoder, Component, DiffusionModel

HEAD = "lm_head.weight"
"""How the key ends of the matrix from the last layer to scores of tokens."""
WHOLE = LanguageStyle("{}", is_normed=True)


class LanguageModels:
    """Language models by themselves; see `nodes.diffusion.families.family.Family`."""

    name = WRITERS
    title = "a language model"

    def parts(self, contents: Contents) -> Mapping[Component, int]:
        """How many weights there are; empty if there is no language model that can answer."""
        views = find_language(contents)
        if not views or not CHATS.keys() >= views.keys():
            return {}
        ((_, view),) = views.items()
        head = _head(contents, view)
        return {"clip": view.size + (head.size if head is not None else 0)}

    def load_clip(self, contents: Contents, placement: Placement) -> LanguageWriter:
        """Build all of it."""
        ((_, view),) = find_language(contents).items()
        encoder = load_language(contents, view, placement, WHOLE)
        head = _head(contents, view)
        if head is None:
            return LanguageWriter(encoder, None)
        words, width = view.shapes[EMBEDDING]
        network = skeleton(lambda: nn.Linear(width, words, bias=False))
        pieces = gather(network, {"weight": Piece("weight")}, head.shapes, head.read)
        return LanguageWriter(encoder, fill(network, pieces, placement))

    def load_model(self, contents: Contents, placement: Placement) -> DiffusionModel:
        """There is none.

        Raises:
            IncompleteModel: always.
        """
        raise IncompleteModel(f"{contents.path.name} is a language model, and no diffusion model.")

    def load_vae(self, contents: Contents, placement: Placement) -> Autoencoder:
        """There is none.

        Raises:
            IncompleteModel: always.
        """
        raise IncompleteModel(f"{contents.path.name} is a language model, and no autoencoder.")


def _head(contents: Contents, view: View) -> View | None:
    """The matrix from the last layer to scores of tokens, as `weight`; None where the token vectors serve for it."""
    whole = contents.part("text_encoder").view() if isinstance(contents, ModelFolder) else contents.view()  # type: ignore[union-attr]  # a language model is found in these two only
    key = next((key for key in whole.shapes if key.endswith(HEAD)), None)
    if key is None or whole.shapes[key] != view.shapes[EMBEDDING]:
        return None
    return whole.below(key.removesuffix("weight"))
