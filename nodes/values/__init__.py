"""Nodes for numbers, texts, lists, choices and loops."""
