"""Teaching a model something of one's own from a few pictures: LoRAs, textual inversions, or all of its weights."""
