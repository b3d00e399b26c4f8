"""Tests of training, piece by piece."""
