"""Nodes that make latents, work on them, and turn them into pictures and back."""
