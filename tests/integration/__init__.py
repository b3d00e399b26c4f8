"""Tests at the seams, by subject."""
