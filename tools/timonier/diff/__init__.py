"""Comparing two lists of manifests: by identity, without what is generated anew each time, with secrets redacted."""
