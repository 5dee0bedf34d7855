"""The client of the Automation API: the only room that knows httpx."""

import sys

# httpx has a command line of its own, which takes as long to import as all the rest of it. Where its parts are missing
# httpx does without, so here they are missing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # what makes an import fail
