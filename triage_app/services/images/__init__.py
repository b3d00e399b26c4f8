"""From the bytes of a photograph to a stored assessment."""
