"""The thermodynamics of a run: the work of paths, the fluctuation theorems that it obeys, and bounds on entropies."""
