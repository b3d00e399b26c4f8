"""Input that somebody made to do harm, or that chance did."""
