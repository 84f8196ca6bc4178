"""Runs all Python of the guides of deliveries, one Spark for all, and prints the rows and types of their ``persons`` as JSON.

    python run_guides.py GUIDE...    started in the folder of the first, which Spark takes as its own
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

os.environ["PYSPARK_SUBMIT_ARGS"] = (
    "--master local[1] --driver-memory 512m --conf spark.ui.enabled=false"
    " --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 pyspark-shell"
)

told = []
for guide in map(Path, sys.argv[1:]):
    os.chdir(guide.parent)
    names: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL):
        exec(code, names)
    rows = [list(row) for row in names["persons"].collect()]
    told.append({"types": dict(names["persons"].dtypes), "rows": rows})
print(json.dumps(told, default=str))
