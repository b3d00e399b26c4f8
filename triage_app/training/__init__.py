"""Training, calibration, evaluation and export of the classifier. Serving never imports it."""
