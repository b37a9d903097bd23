"""Pictures of runs: Plotly figures for the page, matplotlib for files. Nothing here computes."""
