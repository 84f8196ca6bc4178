"""The command line, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from warehouse.home import Home

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = ("RENKOU_CONTRACTS", "RENKOU_DEBUG")


def renkou(home: Home, landing: Path, *module: str) -> subprocess.CompletedProcess[str]:
    """``renkou run`` on a landing folder; ``module`` runs it in place of ``cli.main``."""
    environment = {k: v for k, v in os.environ.items() if k not in NOT_OURS} | {"RENKOU_HOME": str(home.root)}
    return subprocess.run(
        [sys.executable, "-m", *(module or ("cli.main",)), "run", "--landing", str(landing)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
