"""`python -m timonier` is the command `timonier`."""

from __future__ import annotations

from timonier.cli import main

if __name__ == "__main__":
    main()
