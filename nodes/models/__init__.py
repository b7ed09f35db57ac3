"""Nodes that load models, change them, and say how they compute."""
