"""What rules about objects share: pods, references, and reading what nobody vouches for."""
