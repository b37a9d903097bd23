"""What the page's script sends, for tests to say in a line."""

import gradio as gr

from diffviz import Experiment


def asked(*runs: Experiment, **more: object) -> gr.EventData:
    """Run pressed with these settings."""
    return gr.EventData(None, {"runs": [run.to_dict() for run in runs], "asked": True, **more})
