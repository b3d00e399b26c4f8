"""Tests of batches, by their seams."""
