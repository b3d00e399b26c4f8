"""Tests of storage, piece by piece."""
