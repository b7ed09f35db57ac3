"""GGUF files: weights in few bits, read without a package, and kept in their few bits until a layer computes."""
