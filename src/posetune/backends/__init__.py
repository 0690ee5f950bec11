"""A ``.tflite`` file as a function of arrays: LiteRT, which MediaPipe itself uses, or OpenVINO."""
