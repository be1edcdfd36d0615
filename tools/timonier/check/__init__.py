"""Checks: what is wrong with a chart, or would be once it runs, known before any cluster sees it.

- `model`: what a rule is, and what it finds.
- `context`: what a rule may look at: the chart, one rendering of it, one object.
- `rules/`: one module a kind of check, each a handful of rules; `catalogue` has all of them by name.
- `schema/`: what each Kubernetes version, and custom resources, accept.
- `templates/`: what templates read, known without rendering them.
- `objects/`: what rules about objects share.
- `run`: renders every case for every Kubernetes version (`renderings`), asks every rule, makes findings of problems
  (`collect`), and says where each lies (`place`, `printed`, `yamllines`).
"""
