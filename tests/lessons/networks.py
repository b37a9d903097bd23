"""The numbers that stand in the texts of the lesson."""

from diffviz.checkpoints import load

CLAIMS = {
    "first-network": {
        "16": lambda setup: load(setup.experiment.denoiser).recipe.hidden,
        "120": lambda setup: len(setup.distribution.means),
    },
    "guidance": {"6": lambda a, b: b.experiment.guidance},
}
