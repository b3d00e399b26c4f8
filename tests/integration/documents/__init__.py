"""Tests of documents, by their seams."""
