"""The samplers: one algorithm a file, and one line here for each name."""

from collections.abc import Mapping
from functools import partial

from nodes.diffusion.brownian import brownian_noise
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.samplers.base import Algorithm
from nodes.diffusion.samplers.ddpm import ddpm
from nodes.diffusion.samplers.deis import deis
from nodes.diffusion.samplers.dpm_2 import dpm_2
from nodes.diffusion.samplers.dpm_2_ancestral import dpm_2_ancestral
from nodes.diffusion.samplers.dpm_adaptive import dpm_adaptive
from nodes.diffusion.samplers.dpm_fast import dpm_fast
from nodes.diffusion.samplers.dpmpp_2m import dpmpp_2m
from nodes.diffusion.samplers.dpmpp_2m_cfg_pp import dpmpp_2m_cfg_pp
from nodes.diffusion.samplers.dpmpp_2m_sde import dpmpp_2m_sde
from nodes.diffusion.samplers.dpmpp_2s_ancestral import dpmpp_2s_ancestral
from nodes.diffusion.samplers.dpmpp_2s_ancestral_cfg_pp import dpmpp_2s_ancestral_cfg_pp
from nodes.diffusion.samplers.dpmpp_3m_sde import dpmpp_3m_sde
from nodes.diffusion.samplers.dpmpp_sde import dpmpp_sde
from nodes.diffusion.samplers.er_sde import er_sde
from nodes.diffusion.samplers.euler import euler
from nodes.diffusion.samplers.euler_ancestral import euler_ancestral
from nodes.diffusion.samplers.euler_ancestral_cfg_pp import euler_ancestral_cfg_pp
from nodes.diffusion.samplers.euler_cfg_pp import euler_cfg_pp
from nodes.diffusion.samplers.gradient_estimation import gradient_estimation
from nodes.diffusion.samplers.heun import heun
from nodes.diffusion.samplers.heunpp2 import heunpp2
from nodes.diffusion.samplers.ipndm import ipndm
from nodes.diffusion.samplers.ipndm_v import ipndm_v
from nodes.diffusion.samplers.lcm import lcm
from nodes.diffusion.samplers.lcm_upscale import following_noise, lcm_upscale
from nodes.diffusion.samplers.lms import lms
from nodes.diffusion.samplers.res_multistep import res_multistep
from nodes.diffusion.samplers.sa_solver import sa_solver
from nodes.diffusion.samplers.seeds_2 import seeds_2
from nodes.diffusion.samplers.seeds_3 import seeds_3
from nodes.diffusion.samplers.uni_pc import uni_pc

_device_noise = partial(brownian_noise, on_cpu=False)

SAMPLERS: Mapping[str, Algorithm] = {
    "euler": Algorithm(euler),
    "euler_cfg_pp": Algorithm(euler_cfg_pp),
    "euler_ancestral": Algorithm(euler_ancestral),
    "euler_ancestral_cfg_pp": Algorithm(euler_ancestral_cfg_pp),
    "heun": Algorithm(heun),
    "heunpp2": Algorithm(heunpp2),
    "exp_heun_2_x0": Algorithm(partial(seeds_2, solver_type="phi_2", eta=0.0, s_noise=0.0, r=1.0)),
    "exp_heun_2_x0_sde": Algorithm(partial(seeds_2, solver_type="phi_2", r=1.0)),
    "dpm_2": Algorithm(dpm_2, drops_penultimate=True),
    "dpm_2_ancestral": Algorithm(dpm_2_ancestral, drops_penultimate=True),
    "lms": Algorithm(lms),
    "dpm_fast": Algorithm(dpm_fast),
    "dpm_adaptive": Algorithm(dpm_adaptive),
    "dpmpp_2s_ancestral": Algorithm(dpmpp_2s_ancestral),
    "dpmpp_2s_ancestral_cfg_pp": Algorithm(dpmpp_2s_ancestral_cfg_pp),
    "dpmpp_sde": Algorithm(dpmpp_sde, brownian_noise),
    "dpmpp_sde_gpu": Algorithm(dpmpp_sde, _device_noise),
    "dpmpp_2m": Algorithm(dpmpp_2m),
    "dpmpp_2m_cfg_pp": Algorithm(dpmpp_2m_cfg_pp),
    "dpmpp_2m_sde": Algorithm(dpmpp_2m_sde, brownian_noise),
    "dpmpp_2m_sde_gpu": Algorithm(dpmpp_2m_sde, _device_noise),
    "dpmpp_2m_sde_heun": Algorithm(partial(dpmpp_2m_sde, solver_type="heun"), brownian_noise),
    "dpmpp_2m_sde_heun_gpu": Algorithm(partial(dpmpp_2m_sde, solver_type="heun"), _device_noise),
    "dpmpp_3m_sde": Algorithm(dpmpp_3m_sde, brownian_noise),
    "dpmpp_3m_sde_gpu": Algorithm(dpmpp_3m_sde, _device_noise),
    "ddpm": Algorithm(ddpm),
    "lcm": Algorithm(lcm),
    "ipndm": Algorithm(ipndm),
    "ipndm_v": Algorithm(ipndm_v),
    "deis": Algorithm(deis),
    "res_multistep": Algorithm(res_multistep),
    "res_multistep_cfg_pp": Algorithm(partial(res_multistep, cfg_pp=True)),
    "res_multistep_ancestral": Algorithm(partial(res_multistep, eta=1.0)),
    "res_multistep_ancestral_cfg_pp": Algorithm(partial(res_multistep, eta=1.0, cfg_pp=True)),
    "gradient_estimation": Algorithm(gradient_estimation),
    "gradient_estimation_cfg_pp": Algorithm(partial(gradient_estimation, cfg_pp=True)),
    "er_sde": Algorithm(er_sde),
    "seeds_2": Algorithm(seeds_2),
    "seeds_3": Algorithm(seeds_3),
    "sa_solver": Algorithm(sa_solver),
    "sa_solver_pece": Algorithm(partial(sa_solver, use_pece=True)),
    "ddim": Algorithm(euler, renews_inpaint_noise=True),
    "uni_pc": Algorithm(uni_pc, drops_penultimate=True),
    "uni_pc_bh2": Algorithm(partial(uni_pc, variant="bh2"), drops_penultimate=True),
}
"""Every sampler by the ecosystem's name and in its order."""
UNLISTED: Mapping[str, Algorithm] = {"lcm_upscale": Algorithm(lcm_upscale, following_noise)}
"""Samplers that only nodes of their own choose."""


def algorithm_of(name: str) -> Algorithm:
    """The sampler of that name.

    Raises:
        DiffusionError: there is none.
    """
    if name in UNLISTED:
        return UNLISTED[name]
    if name not in SAMPLERS:
        raise DiffusionError(f'There is no sampler "{name}"; there are {", ".join(SAMPLERS)}.')
    return SAMPLERS[name]
