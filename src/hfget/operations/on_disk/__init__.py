"""What lies here already: downloads found, verified, repaired, pruned, and behind the hub."""
