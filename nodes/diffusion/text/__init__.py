"""From a prompt to tokens, and from tokens to what a diffusion model listens to."""
