"""How conditionings steer the model: from sockets full of encoded texts to one function that denoises."""
