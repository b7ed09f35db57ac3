"""A diffusion network with the effects of its handle, as sampling sees it: one network."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from nodes.diffusion.computing.attention import Around, AttentionProcessor
from nodes.diffusion.effects.base import EFFECTS, NETWORK, SIGHT, Effect, Moment, Need, Numbers, Sight
from nodes.diffusion.effects.downscaling import Downscaling
from nodes.diffusion.effects.freeu import FreeU, FreeU2
from nodes.diffusion.effects.hypernetwork import Hypernetwork
from nodes.diffusion.effects.hypertile import HyperTile
from nodes.diffusion.effects.image_prompt import ImagePrompt
from nodes.diffusion.effects.qwen_blocks import QwenBlocks
from nodes.diffusion.effects.seamless import Seamless
from nodes.diffusion.effects.self_guidance import PerturbedAttention, SelfAttentionGuidance
from nodes.diffusion.effects.token_merging import TokenMerging
from nodes.diffusion.effects.z_image_fun import ZImageFun
from nodes.diffusion.errors import ModelError
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import DiffusionModel, ModelHandle, Start

KINDS: Mapping[str, type[Effect]] = {
    "downscale": Downscaling,
    "freeu": FreeU,
    "freeu_v2": FreeU2,
    "hypernetwork": Hypernetwork,
    "hypertile": HyperTile,
    "image_prompt": ImagePrompt,
    "perturbed_attention": PerturbedAttention,
    "qwen_blocks": QwenBlocks,
    "seamless": Seamless,
    "self_attention_guidance": SelfAttentionGuidance,
    "token_merging": TokenMerging,
    "z_image_fun": ZImageFun,
}
"""Every effect by name; a new one is a file and a line here."""


class AlteredModel:
    """A network whose computation is changed by effects; otherwise as it was.

    Args:
        network: what is changed, call by call: between calls it is as ever.
        unet: the module inside.
        effects: in the order of application.
    """

    def __init__(self, network: DiffusionModel, unet: nn.Module, effects: tuple[Effect, ...]) -> None:
        self.effects = effects
        self._network = network
        self._unet = unet
        self._temporary: tuple[Around, ...] = ()
        modules = dict(unet.named_modules())
        self._names = {id(module): name for name, module in modules.items() if name.endswith((".attn1", ".attn2"))}
        found = [modules[name].processor for name in self._names.values()]
        self._processors = {id(each): each for each in found if isinstance(each, AttentionProcessor)}.values()

    def __getattr__(self, name: str) -> Any:  # whatever the network has
        return getattr(self._network, name)

    @contextmanager
    def attending(self, around: Around) -> Iterator[None]:
        """Inside the `with` block, attention goes through `around` as well."""
        before, self._temporary = self._temporary, (*self._temporary, around)
        try:
            yield
        finally:
            self._temporary = before

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """What the network is told, and what the effects must know."""
        told = dict(self._network.inputs(options, role, start))
        for effect in self.effects:
            told |= effect.inputs(role)
        return told

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output under all effects."""
        moment = Moment(float(extra["sigma"]), x.shape, extra)
        with ExitStack() as stack:
            for effect in self.effects:
                for handle in effect.hooks(moment):
                    stack.callback(handle.remove)
            stack.enter_context(self._attention(moment))
            return self._network.predict(x, timestep, context, extra)

    @contextmanager
    def _attention(self, moment: Moment) -> Iterator[None]:
        around = tuple(each for effect in self.effects for each in effect.around(moment))
        contexts = tuple(each for effect in self.effects for each in effect.contexts(moment))
        for processor in self._processors:
            processor.names, processor.contexts = self._names, contexts
            processor.around = (*self._temporary, *around)
        try:
            yield
        finally:
            for processor in self._processors:
                processor.around, processor.contexts = (), ()


def with_effects(
    network: DiffusionModel,
    handle: ModelHandle,
    use: Callable[[Need], nn.Module] | None = None,
    sight: Sight | None = None,
) -> DiffusionModel:
    """A network with the effects of its handle; the network itself if there are none.

    Args:
        network: on its device.
        handle: names the effects.
        use: gives the networks that effects need beside the model.
        sight: how effects see pictures.

    Raises:
        ModelError: the network is not of the kind that an effect changes.
    """
    chosen = handle.options.get(EFFECTS, ())
    if not chosen:
        return network
    unet: Any = getattr(network, "network", None)  # a module, if an effect fits
    for name, _ in chosen:
        _check_fit(name, handle, unet)
    percent_to_sigma = parameterisation_of(network, handle.options).percent_to_sigma
    effects = tuple(
        KINDS[name]({**_equipped(name, numbers, use), SIGHT: sight}, unet, percent_to_sigma) for name, numbers in chosen
    )
    return AlteredModel(network, unet, effects)


def _check_fit(name: str, handle: ModelHandle, network: object) -> None:
    family = KINDS[name].family
    if family == handle.source.architecture or (family is None and hasattr(network, "up_blocks")):
        return
    kind = f"models of the family {family}" if family else "models with a UNet (Stable Diffusion 1.x, 2.x and XL)"
    raise ModelError(
        f"{name}: this changes {kind}; {handle.source.path.name} ({handle.source.architecture}) is built differently. "
        "Leave the node out."
    )


def _equipped(name: str, numbers: Numbers, use: Callable[[Need], nn.Module] | None) -> Numbers:
    need = KINDS[name].need(numbers)
    return numbers if need is None or use is None else {**numbers, NETWORK: use(need)}
