"""Training: the embedded model, and the machinery that fine-tuning nodes share with it."""
