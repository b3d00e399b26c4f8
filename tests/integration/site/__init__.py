"""Tests of site, by their seams."""
