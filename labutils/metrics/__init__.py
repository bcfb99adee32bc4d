"""Measured numbers: log-likelihoods and the table that compares all models of the course."""
