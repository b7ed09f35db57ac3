"""How layers compute on each device: attention, convolutions, precision, compiled blocks."""
