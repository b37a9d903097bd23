"""What a checkpoint of pictures is worth: its likelihood, its samples beside data, and what it remembers."""
