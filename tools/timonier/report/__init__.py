"""Reports: one module a format. A report prints values; it computes nothing and exits nowhere."""
