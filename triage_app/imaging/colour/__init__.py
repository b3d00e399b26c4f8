"""From the colours that a file declares to sRGB."""
