"""The real server killed under load, again and again."""
