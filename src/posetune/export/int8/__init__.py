"""int8 networks: measured ranges, equalised channels, reconstruction of layers, fine-tuning, float blocks, the gate."""
