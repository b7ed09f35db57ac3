"""Changes to the weights of a model: LoRAs and their kin from files, and other models mixed in."""
