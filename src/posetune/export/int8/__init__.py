"""int8 networks: measured ranges, equalised channels, reconstruction of layers, fine-tuning, float islands, the gate."""
