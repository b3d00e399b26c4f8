"""Tests of demo, piece by piece."""
