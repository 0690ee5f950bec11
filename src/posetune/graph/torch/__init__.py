"""A .tflite graph as a torch module: the same operators, to be trained. The rest of ``graph`` needs no torch."""
