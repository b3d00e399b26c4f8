"""Patients and their lesions, privacy and retention."""
