"""Who gets in, and how far: guard, policy, limits."""
