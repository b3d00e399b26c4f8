"""Tests of bench, piece by piece."""
