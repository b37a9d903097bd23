import torch
from hypothesis import Phase, settings

torch.set_num_threads(1)  # the tensors are small: on a busy machine threads that wait for each other cost up to tenfold

# The same examples every time: a test that turns red was turned by a change.
settings.register_profile("diffviz", deadline=None, derandomize=True, phases=set(Phase) - {Phase.explain})
settings.load_profile("diffviz")
