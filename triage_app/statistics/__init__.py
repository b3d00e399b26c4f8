"""Metrics, intervals and calibration: NumPy and SciPy only, for evaluation and audit alike."""
