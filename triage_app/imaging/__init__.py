"""Images in and out: bounded decoding, quality measures, overlay drawing. Imports only domain."""
