"""Many photographs at once: received, analysed in the background, assigned."""
