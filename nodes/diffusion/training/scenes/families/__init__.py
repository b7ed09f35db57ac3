"""One file per family of scenes; each has a `draw(canvas, rng)` that returns the description of its picture."""
