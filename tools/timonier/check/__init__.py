"""Checks: what is wrong with a chart, or would be once it runs, known before any cluster sees it.

- `model`: what a rule is, and what it finds.
- `context`: what a rule may look at: the chart, one rendering of it, one object.
- one module a kind of check, each a handful of rules.
- `catalogue`: all of them.
- `run`: renders every case for every Kubernetes version, asks every rule, and says where each finding lies.
"""
