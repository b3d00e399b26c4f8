"""The trail of events, and the check of all that is stored."""
