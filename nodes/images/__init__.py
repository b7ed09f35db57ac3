"""Nodes that work on pictures and masks, read them and save them."""
