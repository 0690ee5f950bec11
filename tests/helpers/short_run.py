"""A run that is over in seconds."""

SMALL = [
    "samples=[16, 16]",
    "batch=4",
    "validations=2",
    "replay.sample_set=false",
    "replay.surroundings=0",
    "suspects=false",
    "passes=1",
    "blend=1",
    "heatmap_bias=0",
]
