"""What there is to serve: repos of this disk and of an upstream, each a listing with hashes."""
