"""Files of weights: what is in them, how they become networks, and how networks become files."""
