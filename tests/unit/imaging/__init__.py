"""Tests of imaging, piece by piece."""
