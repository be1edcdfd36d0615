"""Publishing: an archive goes to where others install from, once and for all.

A published version is never overwritten: what is there with the same digest is done already, another one is refused.
Whoever cannot find out whether there is one stops.
"""
