"""A diffusion network together with everything that steers it, as sampling sees it: one network."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from nodes.diffusion.autoencoding import encode_each
from nodes.diffusion.computing.acceleration import unrecorded
from nodes.diffusion.control.grounding import GROUNDING, GroundedModel, blocks_of, handles_of
from nodes.diffusion.control.grounding_network import GroundingFile, GroundingHandle, GroundingNetwork
from nodes.diffusion.control.loading import (
    ControlFile,
    check_fit,
    load_cascade_control,
    load_control,
    load_transformer_control,
)
from nodes.diffusion.control.low_rank import low_rank_size
from nodes.diffusion.control.qwen_network import QwenControl
from nodes.diffusion.control.steered import SteeredModel, Steering
from nodes.diffusion.control.transformer_network import FluxControl, Sd3Control
from nodes.diffusion.control.transformer_network import check_fit as check_transformer_fit
from nodes.diffusion.control.types import CONTROLS, SHARED, TRANSFORMERS, ControlHandle
from nodes.diffusion.effects.altered import with_effects
from nodes.diffusion.effects.base import EFFECTS, Need, Sight
from nodes.diffusion.errors import ModelError
from nodes.diffusion.guidance.joint import JointModel
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.memory.shortage import sparing
from nodes.diffusion.patches.recipe import Recipe
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.sampling import ModelProvider
from nodes.diffusion.types import (
    Autoencoder,
    Conditioning,
    DiffusionModel,
    Guider,
    ModelHandle,
    ModelSource,
    VaeHandle,
)

_OF_TRANSFORMERS: Mapping[str, type[FluxControl | Sd3Control | QwenControl]] = {
    "flux": FluxControl,
    "sd3": Sd3Control,
    "qwen_image": QwenControl,
}


class NetworkProvider(ModelProvider, Protocol):
    """Who has networks beside models too; the model registry is one."""

    def use_other(
        self, key: Hashable, name: str, parameters: int, build: Callable[[Placement], Any]
    ) -> AbstractContextManager[Any]:
        """See `ModelRegistry.use_other`."""
        ...

    def recipe(self, handle: ModelHandle) -> Recipe:
        """See `ModelRegistry.recipe`."""
        ...

    def use_vae(self, handle: VaeHandle) -> AbstractContextManager[Autoencoder]:
        """See `ModelRegistry.use_vae`."""
        ...


@contextmanager
def equipped(models: ModelProvider, guider: Guider) -> Iterator[DiffusionModel]:
    """The network of a guider, on its device with everything that its conditionings need; several of them as one.

    Raises:
        ModelError: something cannot be loaded, or does not belong to the model.
    """
    with ExitStack() as stack:
        network = stack.enter_context(_equipped(models, guider))
        others = {
            role: stack.enter_context(_equipped(models, replace(guider, model=model)))
            for role, model in guider.others.items()
        }
        yield cast(DiffusionModel, JointModel(network, others)) if others else network


@contextmanager
def _equipped(models: ModelProvider, guider: Guider) -> Iterator[DiffusionModel]:
    """The network of a guider's model, with everything that its conditionings need."""
    handles = {
        control.net
        for conditioning in guider.conditionings.values()
        for _, options in conditioning
        for control in options.get(CONTROLS, ())
    }
    with models.use_model(guider.model) as network, ExitStack() as stack:
        grounding = handles_of(guider.conditionings)
        if handles or grounding or guider.model.options.get(EFFECTS):
            network = unrecorded(network)

        def use(need: Need) -> Any:  # whatever the effect builds
            provider = cast(NetworkProvider, models)
            return stack.enter_context(provider.use_other(need.key, need.name, need.parameters, need.build))

        def encode(vae: VaeHandle, pictures: Tensor) -> Tensor:
            with cast(NetworkProvider, models).use_vae(vae) as autoencoder:
                return encode_each(autoencoder, pictures.movedim(1, -1).to("cpu", torch.float32))

        network = with_effects(network, guider.model, use, Sight(encode, network.latent_format))
        for each in grounding:
            network = stack.enter_context(_grounded(cast(NetworkProvider, models), each, network, guider.model.source))
        if not handles:
            yield sparing(network, models, guider.model.source)
            return
        nets = {
            handle: stack.enter_context(_use(cast(NetworkProvider, models), handle, network, guider))
            for handle in handles
        }

        steered = SteeredModel(network, parameterisation_of(network, guider.model.options), nets, encode)
        yield sparing(steered, models, guider.model.source)


def shared(guider: Guider) -> Guider:
    """A guider whose sides have the same controls, where those of one are marked to be shared, and the same places.

    What has some of its own, or an area, keeps to itself.
    """
    positive = [options for _, options in guider.conditionings.get("positive", ())]
    controls = [options[CONTROLS] for options in positive if options.get(SHARED) and CONTROLS in options]
    places = [options[GROUNDING] for options in positive if options.get(GROUNDING)]
    if not controls and not places:
        return guider
    others = {role: each for role, each in guider.conditionings.items() if role != "positive"}
    for name, marked in ((CONTROLS, controls), (GROUNDING, places)):
        if marked:
            others = {role: _given(each, name, marked) for role, each in others.items()}
    return replace(guider, conditionings={**guider.conditionings, **others})


def _given(conditioning: Conditioning, name: str, marked: Sequence[Any]) -> Conditioning:  # values of that option
    return [
        (text, options if name in options or "area" in options else {**options, name: marked[at % len(marked)]})
        for at, (text, options) in enumerate(conditioning)
    ]


@contextmanager
def _grounded(
    models: NetworkProvider, handle: GroundingHandle, network: DiffusionModel, source: ModelSource
) -> Iterator[DiffusionModel]:
    """A network that knows of places."""
    unet: Any = getattr(network, "network", None)
    if not hasattr(unet, "up_blocks"):
        raise ModelError(
            f"{handle.path.name} tells models with a UNet where things belong; {source.path.name} "
            f"({source.architecture}) is built differently."
        )
    file, blocks = GroundingFile(handle.path), blocks_of(unet)

    def build(placement: Placement) -> GroundingNetwork:
        return file.load(blocks, placement)

    key = ("gligen", handle.digest or str(handle.path), tuple(blocks.items()))
    with models.use_other(key, handle.path.name, file.parameters, build) as grounding:
        yield cast(DiffusionModel, GroundedModel(network, unet, grounding, handle))


@contextmanager
def _use(models: NetworkProvider, handle: ControlHandle, network: DiffusionModel, guider: Guider) -> Iterator[Steering]:
    base_network: Any = getattr(network, "network", None)
    config, source = getattr(base_network, "config", None), guider.model.source
    if handle.kind in TRANSFORMERS:
        with _use_transformer(models, handle, network, source) as steering:
            yield steering
        return
    if handle.kind == "cascade":
        with _use_cascade(models, handle, network, source) as steering:
            yield steering
        return
    if config is None or "block_out_channels" not in config:
        raise ModelError(
            f"{handle.path.name} steers models with a UNet; {source.path.name} ({source.architecture}) is built "
            "differently."
        )
    check_fit(handle, config, guider.model.source.path.name)
    downscale = network.latent_format.downscale
    file = ControlFile(handle.path)
    parameters = file.parameters
    if handle.kind == "control_lora":
        if config["in_channels"] != network.latent_format.channels:
            raise ModelError(
                f"{handle.path.name} takes its weights from the model, but {source.path.name} sees more than the noisy "
                "latent, as models for inpainting do. Use a whole ControlNet with it."
            )
        handle = replace(handle, base=source, base_patches=guider.model.patches)
        parameters = low_rank_size(base_network)
    base = None if handle.base is None else models.recipe(ModelHandle(handle.base, handle.base_patches))

    def build(placement: Placement) -> Steering:
        return load_control(handle, config, placement, downscale, base)

    heads = tuple(str(config.get(key)) for key in ("attention_head_dim", "norm_num_groups"))
    identity = handle.digest or str(handle.path)
    key = (identity, handle.kind, handle.base, handle.base_patches, heads, downscale)
    with models.use_other(key, handle.path.name, parameters, build) as steering:
        yield steering


@contextmanager
def _use_cascade(
    models: NetworkProvider, handle: ControlHandle, network: DiffusionModel, source: ModelSource
) -> Iterator[Steering]:
    file, config = ControlFile(handle.path), getattr(getattr(network, "network", None), "config", {})
    outputs = file.shapes["projections.0.2.weight"][0]
    if source.architecture != "cascade_c" or config["block_out_channels"][0] != outputs:
        raise ModelError(
            f"{handle.path.name} steers stage C of Stable Cascade with {outputs} channels; {source.path.name} "
            f"({source.architecture}) is built differently."
        )
    key = (handle.digest or str(handle.path), handle.kind)
    with models.use_other(
        key, handle.path.name, file.parameters, lambda place: load_cascade_control(handle, place)
    ) as steering:
        yield steering


@contextmanager
def _use_transformer(
    models: NetworkProvider, handle: ControlHandle, network: DiffusionModel, source: ModelSource
) -> Iterator[Steering]:
    wanted = TRANSFORMERS[handle.kind]
    if source.architecture != wanted:
        raise ModelError(
            f"{handle.path.name} steers models of the family {wanted}; {source.path.name} is one of the family "
            f"{source.architecture}."
        )
    base = network.network  # type: ignore[attr-defined]  # flow models have one
    key = (handle.digest or str(handle.path), handle.kind)
    with models.use_other(
        key,
        handle.path.name,
        ControlFile(handle.path).parameters,
        lambda place: load_transformer_control(handle, place),
    ) as own:
        check_transformer_fit(own, base, handle.path.name, source.path.name)
        weight = next(own.parameters())
        kind = _OF_TRANSFORMERS[handle.kind]
        yield kind(own, base, weight.device, weight.dtype, network.latent_format.downscale)
