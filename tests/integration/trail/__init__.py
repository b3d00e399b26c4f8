"""Tests of trail, by their seams."""
