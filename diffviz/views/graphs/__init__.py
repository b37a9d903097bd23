"""The views of graphs."""
