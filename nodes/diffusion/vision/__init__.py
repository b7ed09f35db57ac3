"""Encoders of pictures: what a picture shows, in the numbers that diffusion models listen to."""
