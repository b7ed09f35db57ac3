"""Model families: how each is recognised by what its file holds, and built."""
