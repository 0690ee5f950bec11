"""Corrections in, a better network out, never a worse one: trains challengers, judges them, promotes and takes back."""
