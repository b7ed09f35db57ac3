"""Networks that steer a diffusion model by a picture: ControlNets and T2I-Adapters."""
