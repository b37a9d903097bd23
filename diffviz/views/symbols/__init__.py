"""What the views of sequences of symbols have in common, whatever the symbols are: letters, or edges."""
