"""Nodes that teach a model something new."""
