"""Tables, as the newest migration leaves them."""
