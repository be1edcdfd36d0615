"""A real cluster to test on: the container engine, programs and images it takes, and kind itself.

The order is always what is there, then what can be pulled or downloaded, then what can be built here; every step
says which it took.
"""
