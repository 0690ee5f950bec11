"""A static folder that runs a network in the browser."""
