"""Nodes that choose a sampling algorithm together with its options."""

from typing import Annotated, Literal

from pydantic import Field

from graph.node import Widget, node
from nodes.diffusion import types
from nodes.diffusion.pictures.resizing import LatentMethod
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.sampling import ModelProvider
from nodes.sockets import Model, Sampler

CATEGORY = "sampling/custom/samplers"
EXACT = Widget(options={"round": False})
"""Whatever is typed counts, not the nearest step."""

Eta = Annotated[
    float,
    Field(ge=0.0, le=100.0, multiple_of=0.01, description="How much noise is exchanged; 0 is deterministic."),
    EXACT,
]
NoiseScale = Annotated[
    float,
    Field(ge=0.0, le=100.0, multiple_of=0.01, description="Scale of the fresh noise."),
    EXACT,
]
NoiseDevice = Annotated[
    Literal["gpu", "cpu"],
    Field(description="Where noise is drawn; from the CPU it is the same on every device."),
]
Coefficient = Annotated[float, Field(ge=0.0, le=100.0, multiple_of=0.01), EXACT]
Percent = Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.001)]


@node("SamplerEulerAncestral", title="Sampler: Euler ancestral", category=CATEGORY, occupies="instant")
def sampler_euler_ancestral(eta: Eta = 1.0, s_noise: NoiseScale = 1.0) -> Sampler:
    """Euler's method with fresh noise after each step."""
    return types.Sampler("euler_ancestral", {"eta": eta, "s_noise": s_noise})


@node("SamplerEulerAncestralCFGPP", title="Sampler: Euler ancestral CFG++", category=CATEGORY, occupies="instant")
def sampler_euler_ancestral_cfg_pp(
    eta: Annotated[
        float,
        Field(ge=0.0, le=1.0, multiple_of=0.01, description="How much noise is exchanged; 0 is deterministic."),
        EXACT,
    ] = 1.0,
    s_noise: Annotated[
        float, Field(ge=0.0, le=10.0, multiple_of=0.01, description="Scale of the fresh noise."), EXACT
    ] = 1.0,
) -> Sampler:
    """Euler's method with fresh noise, guided as CFG++ does it."""
    return types.Sampler("euler_ancestral_cfg_pp", {"eta": eta, "s_noise": s_noise})


@node("SamplerEulerCFGpp", title="Sampler: Euler CFG++", category=CATEGORY, occupies="instant", experimental=True)
def sampler_euler_cfg_pp(
    version: Annotated[
        Literal["regular", "alternative"], Field(description="The published update, or a variant of Euler's step.")
    ] = "regular",
) -> Sampler:
    """Euler's method, guided as CFG++ does it."""
    return types.Sampler("euler_cfg_pp", {"version": version})


@node("SamplerLCMUpscale", title="Sampler: LCM, growing", category=CATEGORY, occupies="instant")
def sampler_lcm_upscale(
    scale_ratio: Annotated[
        float, Field(ge=0.1, le=20.0, multiple_of=0.01, description="How many times larger the picture becomes.")
    ] = 1.0,
    scale_steps: Annotated[
        int, Field(ge=-1, le=1000, multiple_of=1, description="Over how many steps; -1 is about half of them.")
    ] = -1,
    upscale_method: Annotated[
        LatentMethod, Field(description="How values are found when enlarging.")
    ] = "nearest-exact",
) -> Sampler:
    """Consistency sampling that enlarges the picture between its steps; without masks and areas."""
    options = {"scale_ratio": scale_ratio, "scale_steps": scale_steps, "upscale_method": upscale_method}
    return types.Sampler("lcm_upscale", options)


@node("SamplerLMS", title="Sampler: LMS", category=CATEGORY, occupies="instant")
def sampler_lms(
    order: Annotated[int, Field(ge=1, le=100, description="How many slopes are remembered at most.")] = 4,
) -> Sampler:
    """Linear multistep sampling."""
    return types.Sampler("lms", {"order": order})


@node("SamplerDPMPP_2M_SDE", title="Sampler: DPM++ 2M SDE", category=CATEGORY, occupies="instant")
def sampler_dpmpp_2m_sde(
    solver_type: Annotated[
        Literal["midpoint", "heun"], Field(description="How the change of the prediction enters a step.")
    ] = "midpoint",
    eta: Eta = 1.0,
    s_noise: NoiseScale = 1.0,
    noise_device: NoiseDevice = "gpu",
) -> Sampler:
    """DPM-Solver++(2M) for the stochastic differential equation."""
    options = {"eta": eta, "s_noise": s_noise, "solver_type": solver_type}
    return types.Sampler(_drawing_on(noise_device, "dpmpp_2m_sde"), options)


@node("SamplerDPMPP_3M_SDE", title="Sampler: DPM++ 3M SDE", category=CATEGORY, occupies="instant")
def sampler_dpmpp_3m_sde(eta: Eta = 1.0, s_noise: NoiseScale = 1.0, noise_device: NoiseDevice = "gpu") -> Sampler:
    """DPM-Solver++(3M) for the stochastic differential equation."""
    return types.Sampler(_drawing_on(noise_device, "dpmpp_3m_sde"), {"eta": eta, "s_noise": s_noise})


@node("SamplerDPMPP_SDE", title="Sampler: DPM++ SDE", category=CATEGORY, occupies="instant")
def sampler_dpmpp_sde(
    eta: Eta = 1.0,
    s_noise: NoiseScale = 1.0,
    r: Annotated[
        Coefficient, Field(description="Where the stage in between lies: 0 is the start of a step, 1 its end.")
    ] = 0.5,
    noise_device: NoiseDevice = "gpu",
) -> Sampler:
    """DPM-Solver++ for the stochastic differential equation, with a stage in between."""
    return types.Sampler(_drawing_on(noise_device, "dpmpp_sde"), {"eta": eta, "s_noise": s_noise, "r": r})


@node("SamplerDPMPP_2S_Ancestral", title="Sampler: DPM++ 2S ancestral", category=CATEGORY, occupies="instant")
def sampler_dpmpp_2s_ancestral(eta: Eta = 1.0, s_noise: NoiseScale = 1.0) -> Sampler:
    """DPM-Solver++(2S) with fresh noise after each step."""
    return types.Sampler("dpmpp_2s_ancestral", {"eta": eta, "s_noise": s_noise})


@node("SamplerDPMAdaptative", title="Sampler: DPM adaptive", category=CATEGORY, occupies="instant")
def sampler_dpm_adaptive(
    order: Annotated[int, Field(ge=2, le=3, description="The higher of the two orders that are compared.")] = 3,
    rtol: Annotated[Coefficient, Field(description="The error allowed, as a share of the latent.")] = 0.05,
    atol: Annotated[Coefficient, Field(description="The error allowed everywhere.")] = 0.0078,
    h_init: Annotated[Coefficient, Field(description="Width of the first step, in the logarithm of sigma.")] = 0.05,
    pcoeff: Annotated[Coefficient, Field(description="How much the change of the error counts.")] = 0.0,
    icoeff: Annotated[Coefficient, Field(description="How much the error itself counts.")] = 1.0,
    dcoeff: Annotated[Coefficient, Field(description="How much the change of its change counts.")] = 0.0,
    accept_safety: Annotated[
        Coefficient, Field(description="A step is taken again if the next would have to be shorter by this factor.")
    ] = 0.81,
    eta: Eta = 0.0,
    s_noise: NoiseScale = 1.0,
) -> Sampler:
    """DPM-Solver with steps as long as a tolerance allows; a schedule gives only its ends."""
    options = {
        "order": order,
        "rtol": rtol,
        "atol": atol,
        "h_init": h_init,
        "pcoeff": pcoeff,
        "icoeff": icoeff,
        "dcoeff": dcoeff,
        "accept_safety": accept_safety,
        "eta": eta,
        "s_noise": s_noise,
    }
    return types.Sampler("dpm_adaptive", options)


@node("SamplerER_SDE", title="Sampler: ER-SDE", category=CATEGORY, occupies="instant")
def sampler_er_sde(
    solver_type: Annotated[
        Literal["ER-SDE", "Reverse-time SDE", "ODE"],
        Field(description="Which equation: the paper's choice, the usual reverse process, or the probability flow."),
    ] = "ER-SDE",
    max_stage: Annotated[int, Field(ge=1, le=3, description="How many predictions a step uses.")] = 3,
    eta: Eta = 1.0,
    s_noise: NoiseScale = 1.0,
) -> Sampler:
    """Solvers of the extended reverse-time equation."""
    options = {"solver_type": solver_type, "max_stage": max_stage, "eta": eta, "s_noise": s_noise}
    return types.Sampler("er_sde", options)


@node("SamplerSASolver", title="Sampler: SA-Solver", category=CATEGORY, occupies="gpu")
def sampler_sa_solver(
    model: Model,
    eta: Annotated[
        float,
        Field(ge=0.0, le=10.0, multiple_of=0.01, description="How much noise is exchanged; 0 is deterministic."),
        EXACT,
    ] = 1.0,
    sde_start_percent: Annotated[Percent, Field(description="From where on noise is exchanged.")] = 0.2,
    sde_end_percent: Annotated[Percent, Field(description="From where on it no longer is.")] = 0.8,
    s_noise: NoiseScale = 1.0,
    predictor_order: Annotated[int, Field(ge=1, le=6, description="How many predictions a step is made from.")] = 3,
    corrector_order: Annotated[
        int, Field(ge=0, le=6, description="How many predictions it is corrected by; 0 does not correct.")
    ] = 4,
    use_pece: Annotated[bool, Field(description="Whether the model is asked again for each corrected latent.")] = False,
    simple_order_2: Annotated[bool, Field(description="Whether order 2 has the paper's simpler weights.")] = False,
    *,
    models: ModelProvider,
) -> Sampler:
    """A stochastic Adams predictor with a corrector."""
    with models.use_model(model) as network:
        parameterisation = parameterisation_of(network, model.options)
    options = {
        "eta": eta,
        "sde_start_sigma": parameterisation.percent_to_sigma(sde_start_percent),
        "sde_end_sigma": parameterisation.percent_to_sigma(sde_end_percent),
        "s_noise": s_noise,
        "predictor_order": predictor_order,
        "corrector_order": corrector_order,
        "use_pece": use_pece,
        "simple_order_2": simple_order_2,
    }
    return types.Sampler("sa_solver", options)


@node("SamplerSEEDS2", title="Sampler: SEEDS-2", category=CATEGORY, occupies="instant")
def sampler_seeds_2(
    solver_type: Annotated[
        Literal["phi_1", "phi_2"],
        Field(description="How the two predictions of a step are weighted: as constants, or as a line."),
    ] = "phi_1",
    eta: Eta = 1.0,
    s_noise: NoiseScale = 1.0,
    r: Annotated[
        float,
        Field(
            ge=0.01, le=1.0, multiple_of=0.01, description="Where the stage in between lies; 1 is the end of a step."
        ),
        EXACT,
    ] = 0.5,
) -> Sampler:
    """An exponential solver with a stage in between; with phi_2 and r 1 it is exponential Heun."""
    return types.Sampler("seeds_2", {"solver_type": solver_type, "eta": eta, "s_noise": s_noise, "r": r})


@node("SamplerLCM", title="Sampler: LCM", category=CATEGORY, occupies="instant")
def sampler_lcm(
    s_noise: Annotated[
        float, Field(ge=0.0, le=64.0, multiple_of=0.01, description="Scale of the fresh noise at the first step.")
    ] = 1.0,
    s_noise_end: Annotated[
        float, Field(ge=0.0, le=64.0, multiple_of=0.01, description="Its scale at the last step.")
    ] = 1.0,
    noise_clip_std: Annotated[
        float,
        Field(ge=0.0, le=10.0, multiple_of=0.01, description="How many deviations noise may be away from 0; 0: any."),
    ] = 0.0,
) -> Sampler:
    """Multistep sampling of consistency models."""
    options = {"s_noise": s_noise, "s_noise_end": s_noise_end, "noise_clip_std": noise_clip_std}
    return types.Sampler("lcm", options)


def _drawing_on(device: str, name: str) -> str:
    """The name of the sampler that draws its noise there."""
    return name if device == "cpu" else f"{name}_gpu"
