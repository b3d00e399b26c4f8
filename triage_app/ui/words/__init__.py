"""All words of the pages."""
