"""Networks that enlarge pictures, and how pictures are cut so that they fit into memory."""
