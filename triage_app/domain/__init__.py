"""Terms and decisions of dermoscopy triage; standard library only, no input or output."""
