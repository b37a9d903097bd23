"""Build the page and launch it."""

from diffviz.ui.page import launch

if __name__ == "__main__":
    launch(port=7860)
