"""Which endpoint works from here: probes side by side, and the facts for a bug report."""
