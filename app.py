"""Build the page and launch it: the same as `python -m diffviz app`, where hosts such as Spaces look for it."""

import sys

from diffviz.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["app", *sys.argv[1:]]))
