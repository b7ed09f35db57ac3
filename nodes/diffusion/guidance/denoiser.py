"""The model with its conditionings, as the one function that samplers know."""

from collections.abc import Sequence
from functools import partial
from itertools import count

import torch
from torch import Tensor

from nodes.diffusion.effects.base import Effect, Guidance, Predict
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.guidance.before import Sides, refinements_of
from nodes.diffusion.guidance.calls import Call, plan_calls, predict
from nodes.diffusion.guidance.changes import CHANGES, Guiding, changed
from nodes.diffusion.guidance.conditions import Condition, prepare
from nodes.diffusion.guidance.rules import rescaled, rule_of
from nodes.diffusion.guidance.windows import WINDOWS, Window, Windowing
from nodes.diffusion.prediction import Parameterisation
from nodes.diffusion.samplers.base import Guided
from nodes.diffusion.types import DiffusionModel, Guider, Start


class GuidedDenoiser:
    """From a noisy latent to the clean one, guided by all conditionings that apply at its noise level.

    Args:
        network: on its device.
        parameterisation: of the network.
        guider: the conditionings and their rule.
        start: what the run starts from, in the shape, precision and device that will be denoised.

    Raises:
        DiffusionError: a conditioning was made for another kind of model.
    """

    def __init__(
        self, network: DiffusionModel, parameterisation: Parameterisation, guider: Guider, start: Start
    ) -> None:
        self.is_flow = parameterisation.is_flow
        self._network = network
        self._parameterisation = parameterisation
        self._rule = rule_of(guider.kind)
        self._options = guider.options
        self._rescale = float(guider.model.options.get("rescale_cfg", 0.0))
        self._changes = tuple(guider.model.options.get(CHANGES, ()))
        self._before = refinements_of(guider.model.options) if guider.kind == "cfg" else ()
        plan = guider.model.options.get(WINDOWS)
        self._windowing = None if plan is None else Windowing(plan)
        self._effects: Sequence[Effect] = getattr(network, "effects", ())
        self._numbers = count() if any(each.tells_parts for each in self._effects) else None
        self._whole: Predict = self._computed
        for effect in self._effects:
            self._whole = partial(effect.around_guided, self._whole)
        self._repeats_text = bool(getattr(network, "repeats_text", True))
        self._batch = len(start.latent)
        _check(network, guider)
        self._conditions = prepare(
            guider.conditionings,
            parameterisation,
            start.latent,
            lambda options, role: network.inputs(options, role, start),
        )
        needs_all = any(each.needs_negative for each in self._effects)
        self._roles = tuple(self._conditions) if needs_all else self._rule.roles(guider.options)
        self._calls: dict[tuple[object, ...], tuple[Call, ...]] = {}

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The guided prediction of the clean latent."""
        return self._whole(x, sigma)

    def with_unconditional(self, x: Tensor, sigma: Tensor) -> Guided:
        """The guided prediction, and that of the negative side alone, which is computed even if guidance needs none."""
        denoised = self._refined(self._predicted(x, sigma, tuple(self._conditions)), x, sigma)
        guided = self._finished(denoised, x, sigma)
        return Guided(guided, denoised.get("negative", guided))

    def percent_to_sigma(self, percent: float) -> float:
        """The noise level when `percent` (0..1) of the way from pure noise to the picture is done."""
        return self._parameterisation.percent_to_sigma(percent)

    def _computed(self, x: Tensor, sigma: Tensor) -> Tensor:
        return self._finished(self._refined(self._predicted(x, sigma, self._roles), x, sigma), x, sigma)

    def _predicted(self, x: Tensor, sigma: Tensor, roles: tuple[str, ...]) -> dict[str, Tensor]:
        if self._windowing is None or not self._windowing.divides(x):
            return self._at_once(x, sigma, roles)
        return self._windowing.predicted(
            x, float(sigma), roles, lambda part, window: self._at_once(part, sigma, roles, window)
        )

    def _at_once(
        self, x: Tensor, sigma: Tensor, roles: tuple[str, ...], window: Window | None = None
    ) -> dict[str, Tensor]:
        calls = self._calls_at(float(sigma), x, roles, window)
        denoised = predict(self._network, self._parameterisation, calls, x, sigma)
        for role in roles:
            if role not in denoised:  # nothing applies at this noise level
                denoised[role] = torch.zeros_like(x)
        return denoised

    def _guided(self, denoised: dict[str, Tensor], x: Tensor, sigma: Tensor) -> Tensor:
        guided = self._rule.combine(denoised, self._options)
        if self._rescale and len(denoised) > 1:
            guided = rescaled(guided, denoised["positive"], x, sigma, self._rescale)
        if self._changes:
            cfg = float(self._options.get("cfg", 1.0))
            both = denoised["positive"], denoised.get("negative")
            at = Guiding(x, sigma, *both, cfg, self.percent_to_sigma, self.is_flow)
            guided = changed(guided, at, self._changes)
        return guided

    def _refined(self, denoised: dict[str, Tensor], x: Tensor, sigma: Tensor) -> dict[str, Tensor]:
        """The predictions of both sides after all changes before guidance."""
        if not self._before or "negative" not in denoised:
            return denoised
        sides = Sides(x, sigma, denoised["positive"], denoised["negative"], float(self._options["cfg"]))
        for refine in self._before:
            sides = refine(sides)
        return {**denoised, "positive": sides.positive, "negative": sides.negative}

    def _finished(self, denoised: dict[str, Tensor], x: Tensor, sigma: Tensor) -> Tensor:
        """The guided prediction, and what the effects of the model make of it."""
        guided = self._guided(denoised, x, sigma)
        for effect in self._effects:
            guidance = Guidance(denoised, x, sigma, lambda role, noisy: self._predicted(noisy, sigma, (role,))[role])
            guided = effect.after_guidance(guided, guidance, self._network)  # type: ignore[arg-type]  # it has effects
        return guided

    def _calls_at(self, sigma: float, x: Tensor, roles: tuple[str, ...], window: Window | None) -> tuple[Call, ...]:
        """The calls for a noise level, planned once for each set of conditions that apply together, in each window.

        Windows that move do not come again, and what was cut out for them is as large as the latent.
        """
        conditions = {role: self._conditions[role] for role in roles}
        applying = (window, roles, *(each.applies_at(sigma) for members in conditions.values() for each in members))
        if applying in self._calls:
            return self._calls[applying]
        active: dict[str, Sequence[Condition]] = {
            role: [each for each in all_ if each.applies_at(sigma)] for role, all_ in conditions.items()
        }
        if window is not None:
            active = {role: window.conditions(members, self._batch) for role, members in active.items()}
        calls = plan_calls(active, x, repeats_text=self._repeats_text, numbers=self._numbers)
        if window is None or not window.plan.moves:
            self._calls[applying] = calls
        return calls


def _check(network: DiffusionModel, guider: Guider) -> None:
    """Refuse texts that were encoded for another kind of model."""
    widths = (network.context_width, *getattr(network, "further_widths", ()))
    for role, conditioning in guider.conditionings.items():
        for context, _options in conditioning:
            if context.shape[-1] not in widths:
                source = guider.model.source
                raise DiffusionError(
                    f"The {role} conditioning was encoded by the text encoder of another kind of model: its tokens are "
                    f"{context.shape[-1]} numbers wide, but {source.path.name} ({source.architecture}) reads "
                    f"{network.context_width}. Encode the text with the text encoder that belongs to the model."
                )
