"""Single files fetched from upstream when a client asks for them, as a mirror does."""
