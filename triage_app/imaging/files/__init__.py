"""What files say of themselves, by format: forms that are read, and damage."""
