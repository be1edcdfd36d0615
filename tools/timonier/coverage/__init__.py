"""Coverage of a chart's templates: what no case reaches, and what no test would notice if it were altered.

- `places`: what a template has that can be reached or not, and altered: branches, loops, defaults, actions.
- `instrument`: the same templates, telling which places a rendering came by.
- `alter`: the same templates with one thing altered.
- `altered`: what such a chart answers, with no more rendered than the alteration may change; `calls`, `flow`: what that
  takes, and where what is written goes.
- `renders`: renderings before and after, and whether they say the same.
- `measure`: the cases, and what they reach and notice.
- `tests`, `session`, `intercept`: a test suite in this process, and what it notices; `recording`: what it renders.
- `shares`: all of it in two processes.
- `result`: what was found.
"""
