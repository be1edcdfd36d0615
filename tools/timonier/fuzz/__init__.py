"""Values nobody thought of: drawn from a chart's schema and defaults, rendered, judged, and made small.

- `keys`: what may be set, and what the schema says of each key.
- `schemas`: a key's part of a schema by itself, in the form hypothesis-jsonschema draws from.
- `places`: what Kubernetes takes where the chart's schema is open.
- `bounds`, `candidates`: values for one key.
- `draw`: one of the chart's cases with a few keys set to something else.
- `judge`, `objects`: what came of a set of values: rendered, refused, or a defect.
- `worker`: renders and judges in a process of its own, which can be ended when it hangs.
- `search`, `shrink`: drive hypothesis within a budget, and make what fails small.
- `keep`: values files of what was found.
- `report`: text and JSON.
- `run`: all of it, for one chart.
"""
