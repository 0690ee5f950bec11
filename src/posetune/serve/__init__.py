"""The web app: one process that answers and decodes nothing, and worker processes that run the networks."""
