"""The rules, one module a kind; each ends with its `RULES`."""
