"""Impressions, verdicts, next steps, outcomes, and the worklist."""
