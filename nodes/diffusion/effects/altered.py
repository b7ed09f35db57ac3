"""A diffusion network with the effects of its handle, as sampling sees it: one network."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any

from torch import Tensor, nn

from nodes.diffusion.computing.attention import Around, AttentionProcessor
from nodes.diffusion.computing.skipping import stack_of
from nodes.diffusion.effects.attention_scaling import AttentionScaling
from nodes.diffusion.effects.base import (
    EFFECTS,
    NETWORK,
    SIGHT,
    Asked,
    Effect,
    Moment,
    Need,
    NetworkCall,
    Numbers,
    Sight,
)
from nodes.diffusion.effects.caching import EasyCache, LazyCache
from nodes.diffusion.effects.downscaling import Downscaling
from nodes.diffusion.effects.freeu import FreeU, FreeU2
from nodes.diffusion.effects.hypernetwork import Hypernetwork
from nodes.diffusion.effects.hypertile import HyperTile
from nodes.diffusion.effects.image_prompt import ImagePrompt
from nodes.diffusion.effects.normalised_attention import NormalisedAttention
from nodes.diffusion.effects.qwen_blocks import QwenBlocks
from nodes.diffusion.effects.rope_scaling import RopeScaling
from nodes.diffusion.effects.seamless import Seamless
from nodes.diffusion.effects.self_guidance import PerturbedAttention, SelfAttentionGuidance
from nodes.diffusion.effects.skip_layers import SkipLayerGuidance, SkipLayersOfNegative
from nodes.diffusion.effects.token_merging import TokenMerging
from nodes.diffusion.effects.z_image_fun import ZImageFun
from nodes.diffusion.errors import ModelError
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import DiffusionModel, ModelHandle, Start

KINDS: Mapping[str, type[Effect]] = {
    "attention_scaling": AttentionScaling,
    "downscale": Downscaling,
    "easy_cache": EasyCache,
    "freeu": FreeU,
    "freeu_v2": FreeU2,
    "hypernetwork": Hypernetwork,
    "hypertile": HyperTile,
    "image_prompt": ImagePrompt,
    "lazy_cache": LazyCache,
    "normalised_attention": NormalisedAttention,
    "perturbed_attention": PerturbedAttention,
    "qwen_blocks": QwenBlocks,
    "rope_scaling": RopeScaling,
    "seamless": Seamless,
    "self_attention_guidance": SelfAttentionGuidance,
    "skip_layer_guidance": SkipLayerGuidance,
    "skip_layers_of_negative": SkipLayersOfNegative,
    "token_merging": TokenMerging,
    "z_image_fun": ZImageFun,
}
"""Every effect by name; a new one is a file and a line here."""
BUILDS = {
    "unet": "models with a UNet (Stable Diffusion 1.x, 2.x and XL)",
    "transformer": "models that are transformers (Stable Diffusion 3, Flux, Wan and others)",
    "any": "any model",
}
"""How the networks are called that effects work on."""


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
        self._disturbances = 0
        modules = dict(unet.named_modules()) if isinstance(unet, nn.Module) else {}
        self._names = {id(module): name for name, module in modules.items() if name.endswith((".attn1", ".attn2"))}
        found = [getattr(modules[name], "processor", None) for name in self._names.values()]
        self._processors = {id(each): each for each in found if isinstance(each, AttentionProcessor)}.values()

    def __getattr__(self, name: str) -> Any:  # whatever the network has
        return getattr(self._network, name)

    @contextmanager
    def attending(self, around: Around) -> Iterator[None]:
        """Inside the `with` block, attention goes through `around` as well."""
        before, self._temporary = self._temporary, (*self._temporary, around)
        try:
            with self.disturbed(nullcontext()):
                yield
        finally:
            self._temporary = before

    @contextmanager
    def disturbed(self, by: AbstractContextManager[None]) -> Iterator[None]:
        """Inside the `with` block, `by` holds, and what it gives is taken for no usual prediction."""
        self._disturbances += 1
        try:
            with by:
                yield
        finally:
            self._disturbances -= 1

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """What the network is told, and what the effects must know."""
        told = dict(self._network.inputs(options, role, start))
        for effect in self.effects:
            told |= effect.inputs(role)
        return told

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output under all effects."""
        call: NetworkCall = self._computed
        for effect in self.effects:
            call = partial(effect.around_call, call)
        return call(Asked(x, timestep, context, extra, float(extra["sigma"]), not self._disturbances))

    def _computed(self, asked: Asked) -> Tensor:
        moment = Moment(asked.sigma, asked.x.shape, asked.told, asked.context.shape[1])
        with ExitStack() as stack:
            for effect in self.effects:
                for handle in effect.hooks(moment):
                    stack.callback(handle.remove)
            stack.enter_context(self._attention(moment))
            return self._network.predict(asked.x, asked.timestep, asked.context, asked.told)

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
    family, works_on = KINDS[name].family, KINDS[name].works_on
    if family == handle.source.architecture or (family is None and _is_built(network, works_on)):
        return
    kind = f"models of the family {family}" if family else BUILDS[works_on]
    raise ModelError(
        f"{name}: this changes {kind}; {handle.source.path.name} ({handle.source.architecture}) is built differently. "
        "Leave the node out."
    )


def _is_built(network: object, works_on: str) -> bool:
    is_unet = hasattr(network, "up_blocks")
    is_transformer = isinstance(network, nn.Module) and stack_of(network, "double") is not None
    return works_on == "any" or (is_unet if works_on == "unet" else is_transformer and not is_unet)


def _equipped(name: str, numbers: Numbers, use: Callable[[Need], nn.Module] | None) -> Numbers:
    need = KINDS[name].need(numbers)
    return numbers if need is None or use is None else {**numbers, NETWORK: use(need)}
