"""Sweeps: the runs of a grid, computed by many processes, as rows of one table."""
