"""Pictures, latents, sound and videos as files."""
