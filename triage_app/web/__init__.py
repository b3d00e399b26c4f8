"""The web application: guard, own routes for everything that holds patient data, the pages."""
