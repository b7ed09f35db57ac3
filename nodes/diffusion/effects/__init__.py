"""Changes to how a diffusion network computes, without a change to its weights; each is an option of a handle."""
