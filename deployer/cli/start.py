"""The console script: the program, with nothing looked for in vain while it is imported."""

from __future__ import annotations

import gc

gc.disable()  # until `run`: what is imported stays, so looking for rubbish among it takes time for nothing

from deployer.cli.main import main  # noqa: E402

__all__ = ["main"]
