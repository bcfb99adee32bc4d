"""A tiny lab, and the submissions that its grader must survive: see `tiny_lab`, `hostile`, `honest` and `files`."""
