"""The numbers that stand in the texts of the lesson."""

CLAIMS = {"guidance": {"6": lambda a, b: b.experiment.guidance}}
