"""There and back to a CVAT server: the label's definition, push, check, pull, and a function by which CVAT calls networks."""
