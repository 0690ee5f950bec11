"""Posture scores of work: REBA, RULA, OWAS, with intervals for what is not seen. It screens; it certifies nothing."""
