"""What shows how diffusion works: the forward process, trajectories, measures, plots and contact sheets."""
