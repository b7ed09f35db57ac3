"""Nodes that take noise away: samplers, noise levels and guiders."""
