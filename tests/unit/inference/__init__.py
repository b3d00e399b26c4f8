"""Tests of inference, piece by piece."""
