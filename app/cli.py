"""The command `orrery`."""

from __future__ import annotations

import os
import signal
import sys

# One thread for small models, and no look-ups at a model hub: both are read when libraries are first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from agents.errors import AgentError
from app.commands import agents, app, bench, corpus, house, lab, planning  # noqa: F401  in the order of the help
from app.errors import AppError
from corpus.errors import CorpusError
from world_model.errors import WorldModelError


def main() -> None:
    """What a user can cause ends in one line and exit status 2; Ctrl-C in status 130."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        if sys.argv[1:2] == ["bench"]:
            bench.bench()
        else:
            app.cli(prog="orrery", description="Ask it in words, then watch it happen.")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except OSError as error:
        if not error.filename:
            raise
        print(f"orrery: {error.filename}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    except (AgentError, CorpusError, WorldModelError, AppError) as error:
        print(f"orrery: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
