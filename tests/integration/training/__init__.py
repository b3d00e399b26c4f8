"""Tests of training, by their seams."""
