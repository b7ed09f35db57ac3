"""Nodes that read, make, check and save sets of pictures."""
