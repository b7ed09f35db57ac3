"""The diffusion workshop: models, samplers, text encoding, training. Knows torch and diffusers, not graphs or HTTP."""
