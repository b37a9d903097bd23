"""What a run cost and how well it did: figures with units and standard errors."""
