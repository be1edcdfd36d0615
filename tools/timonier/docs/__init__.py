"""A chart's values as a table in its README.

`comments` finds what values.yaml says of each key, `schema` what values.schema.json allows there, `table` puts the two
together, and `readme` keeps the table between its markers.
"""
