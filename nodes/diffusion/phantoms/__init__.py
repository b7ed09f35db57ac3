"""Phantoms: drawn bodies with things inside, for trying methods out on pictures whose truth is known."""
