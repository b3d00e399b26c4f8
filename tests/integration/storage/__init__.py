"""Tests of storage, by their seams."""
