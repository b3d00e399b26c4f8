"""Pages of patients and lesions."""
