"""Nodes that tell a model what to draw: by words, by pictures, and where and when they apply."""
