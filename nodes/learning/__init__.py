"""Nodes that show how diffusion works, and measure what came of it."""
