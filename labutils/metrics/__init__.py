"""Measured numbers: log-likelihoods, the quality of samples, and the table that compares all models of the course."""
