"""Tests of images, by their seams."""
