"""Tests of web, by their seams."""
