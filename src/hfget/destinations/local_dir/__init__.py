"""A plain folder as the destination: files under their repo paths."""
