"""Tests of ui, piece by piece."""
