"""A download divided: which process brings which files or ranges, and how they come together."""
