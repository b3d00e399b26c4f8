"""Tables that tests walk through: doors, and channels that must tell nothing."""
