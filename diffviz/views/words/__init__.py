"""The views of words."""
