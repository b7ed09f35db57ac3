"""Where models are put, and what is done when there is no room."""
