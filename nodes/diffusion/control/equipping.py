"""A diffusion network together with everything that steers it, as sampling sees it: one network."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from nodes.diffusion.autoencoding import encode as encoded
from nodes.diffusion.computing.acceleration import unrecorded
from nodes.diffusion.control.adapter import T2IAdapter
from nodes.diffusion.control.loading import ControlFile, check_fit, load_control, load_transformer_control
from nodes.diffusion.control.low_rank import low_rank_size
from nodes.diffusion.control.network import ControlNet
from nodes.diffusion.control.transformer_network import FluxControl, Sd3Control
from nodes.diffusion.control.transformer_network import check_fit as check_transformer_fit
from nodes.diffusion.control.types import (
    CONTROLS,
    SHARED,
    TRANSFORMERS,
    Control,
    ControlHandle,
    Residuals,
    TokenResiduals,
    all_of,
)
from nodes.diffusion.effects.altered import with_effects
from nodes.diffusion.effects.base import EFFECTS, Need
from nodes.diffusion.errors import ModelError
from nodes.diffusion.guidance.joint import JointModel
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.memory.shortage import sparing
from nodes.diffusion.patches.recipe import Recipe
from nodes.diffusion.pictures.resizing import resize
from nodes.diffusion.prediction import Parameterisation, parameterisation_of
from nodes.diffusion.sampling import ModelProvider
from nodes.diffusion.types import (
    Autoencoder,
    Conditioning,
    DiffusionModel,
    Guider,
    ModelHandle,
    ModelSource,
    Start,
    VaeHandle,
)

PREFIX = "control:"
"""How the inputs begin that hold the picture of a control."""
Steering = ControlNet | T2IAdapter | FluxControl | Sd3Control
Encode = Callable[[VaeHandle, Tensor], Tensor]
"""From pictures (batch, 3, height, width) in 0..1 to their latents."""


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


class SteeredModel:
    """A diffusion network whose conditionings may hold controls; otherwise as it was.

    Args:
        network: what is steered.
        parameterisation: of the network: tells when a control applies.
        nets: what steers.
        encode: makes latents, for what looks at those.
    """

    def __init__(
        self,
        network: DiffusionModel,
        parameterisation: Parameterisation,
        nets: Mapping[ControlHandle, Steering],
        encode: Encode,
    ) -> None:
        self._network = network
        self._encode = encode
        self._parameterisation = parameterisation
        self._nets = nets
        self._controls: list[Control] = []
        self._hints: dict[tuple[int, ...], Tensor] = {}
        self._constant: dict[tuple[int, ...], Residuals | TokenResiduals] = {}

    def __getattr__(self, name: str) -> Any:  # whatever the network has
        return getattr(self._network, name)

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """What the network is told, and the pictures of the conditioning's controls."""
        told = dict(self._network.inputs(options, role, start))
        for control in options.get(CONTROLS, ()):
            told[f"{PREFIX}{self._number(control)}"] = control.hint
        return told

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output, steered by the controls that apply at this noise level."""
        told = {name: value for name, value in extra.items() if not name.startswith(PREFIX)}
        steering = all_of(
            self._residuals(int(name.removeprefix(PREFIX)), hint, x, timestep, context, told)
            for name, hint in extra.items()
            if name.startswith(PREFIX) and self._applies(int(name.removeprefix(PREFIX)), extra)
        )
        if steering is not None:
            told["residuals"] = steering
        return self._network.predict(x, timestep, context, told)

    def _number(self, control: Control) -> int:
        for number, known in enumerate(self._controls):
            if known is control:
                return number
        self._controls.append(control)
        return len(self._controls) - 1

    def _applies(self, number: int, extra: Mapping[str, Any]) -> bool:
        control, percent_to_sigma = self._controls[number], self._parameterisation.percent_to_sigma
        sigma = float(extra["sigma"])
        return percent_to_sigma(control.end_percent) <= sigma <= percent_to_sigma(control.start_percent)

    def _residuals(
        self, number: int, hint: Tensor, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]
    ) -> Residuals | TokenResiduals:
        control = self._controls[number]
        net = self._nets[control.net]
        key = (number, hint.data_ptr(), *x.shape)  # where memory is short, parts of a batch bring pictures of their own
        if key in self._constant:
            return self._constant[key]
        if key not in self._hints:
            self._hints[key] = self._seen(hint, x, control, net)
        found = net.residuals(x, self._hints[key], timestep, context, told, control.net.task) * control.strength
        if not net.changes_with_time:
            self._constant[key] = found
        return found

    def _seen(self, hint: Tensor, x: Tensor, control: Control, net: Steering) -> Tensor:
        """A picture as a network looks at it."""
        fitted = fit_hint(hint, x, net)
        if not getattr(net, "sees_latents", False) or control.vae is None:
            return fitted
        return self._network.latent_format.to_network(self._encode(control.vae, fitted)).to(x)


def fit_hint(hint: Tensor, x: Tensor, net: Steering) -> Tensor:
    """A picture in the size that steers latents like `x`: the nearest pixels, cut to the aspect ratio.

    Args:
        hint: (batch, channels, height, width)
        x: (batch, channels, height, width)
        net: what looks at the picture.
    """
    height, width = (side * net.downscale for side in x.shape[-2:])
    fold = net.network.unshuffle if isinstance(net, T2IAdapter) else 1
    height, width = (-(-side // fold) * fold for side in (height, width))
    return resize(hint, width, height, "nearest-exact", "center")


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
        if handles or guider.model.options.get(EFFECTS):
            network = unrecorded(network)

        def use(need: Need) -> Any:  # whatever the effect builds
            provider = cast(NetworkProvider, models)
            return stack.enter_context(provider.use_other(need.key, need.name, need.parameters, need.build))

        network = with_effects(network, guider.model, use)
        if not handles:
            yield sparing(network, models, guider.model.source)
            return
        nets = {
            handle: stack.enter_context(_use(cast(NetworkProvider, models), handle, network, guider))
            for handle in handles
        }

        def encode(vae: VaeHandle, pictures: Tensor) -> Tensor:
            with cast(NetworkProvider, models).use_vae(vae) as autoencoder:
                return encoded(autoencoder, pictures.movedim(1, -1).to("cpu", torch.float32))

        steered = SteeredModel(network, parameterisation_of(network, guider.model.options), nets, encode)
        yield sparing(steered, models, guider.model.source)


def shared(guider: Guider) -> Guider:
    """A guider whose sides have the same controls, where those of one are marked to be shared.

    What has controls of its own, or an area, keeps to itself.
    """
    marked = [
        options[CONTROLS]
        for _, options in guider.conditionings.get("positive", ())
        if options.get(SHARED) and CONTROLS in options
    ]
    if not marked:
        return guider
    others = {role: _given(each, marked) for role, each in guider.conditionings.items() if role != "positive"}
    return replace(guider, conditionings={**guider.conditionings, **others})


def _given(conditioning: Conditioning, marked: list[tuple[Control, ...]]) -> Conditioning:
    return [
        (text, options if CONTROLS in options or "area" in options else {**options, CONTROLS: marked[at % len(marked)]})
        for at, (text, options) in enumerate(conditioning)
    ]


@contextmanager
def _use(models: NetworkProvider, handle: ControlHandle, network: DiffusionModel, guider: Guider) -> Iterator[Steering]:
    base_network: Any = getattr(network, "network", None)
    config, source = getattr(base_network, "config", None), guider.model.source
    if handle.kind in TRANSFORMERS:
        with _use_transformer(models, handle, network, source) as steering:
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
        kind = FluxControl if handle.kind == "flux" else Sd3Control
        yield kind(own, base, weight.device, weight.dtype, network.latent_format.downscale)
