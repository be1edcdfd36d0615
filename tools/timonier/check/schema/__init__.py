"""What Kubernetes and custom resources accept, and why a document is not accepted."""
