"""The reading of a case: impression, verdict, next steps, outcome."""
