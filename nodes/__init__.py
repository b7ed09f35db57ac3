"""What people drop on the canvas: node declarations by category over the diffusion workshop."""
