"""Helpers for the lab course on generative models.

Import what you need from its modules: `runtime`, `data`, `handoff`, `checks`, `plots`, `metrics`,
`diagrams`. Imports run one way: `runtime` needs nothing of ours, everything may need `runtime`.
"""
