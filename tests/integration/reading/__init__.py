"""Tests of reading, by their seams."""
