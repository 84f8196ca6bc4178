"""A reader's guide for a subscriber: what the files hold and how to ask them, and never a real person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.model import RHYTHMS, Subscription

SHOWN = 12
OTHERS = {"new": "new:", "gone": "no longer:", "of_another_type": "of another type:"}


def guide(subscription: Subscription, manifest: Mapping[str, Any]) -> str:
    """The guide as Markdown, from the contract and the delivery's manifest."""
    return "\n".join((*_about(subscription, manifest), *_columns(manifest), *_queries(subscription, manifest))) + "\n"


def _about(subscription: Subscription, manifest: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {subscription.title}"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for heading, text in (
        ("契约 contract", f"{subscription.id} {subscription.version}"),
        ("目的 purpose", subscription.purpose),
        ("依据 basis", subscription.basis),
        ("限制 limits", subscription.limitations or "—"),
        ("发布 release", f"{manifest['release']} ({manifest['as_of']})"),
        ("频率 cadence", RHYTHMS[subscription.cadence].label),
        ("保留 kept", f"{subscription.retention_days} days"),
        ("行数 rows", f"{manifest['rows']:,}, withheld {manifest['withheld']:,}"),
        ("加密 encrypted", "AES-GCM, Parquet modular encryption" if subscription.encrypted else "no"),
    ):
        yield f"| {heading} | {text} |"
    yield ""


def _columns(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield "## 数据项 Columns"
    yield ""
    yield "| column | type | 名称 | meaning | standard | unit | codes |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for column in manifest["schema"]:
        codes = (column.get("code_list") or {}).get("codes", {})
        shown = "; ".join(f"{code} {label}" for code, label in list(codes.items())[:SHOWN])
        more = f"; … ({len(codes)})" if len(codes) > SHOWN else ""
        told = (column.get(key) or "" for key in ("label", "description", "standard", "unit"))
        yield f"| `{column['name']}` | {column['type']} | {' | '.join(told)} | {shown}{more} |"
    yield ""


def _queries(subscription: Subscription, manifest: Mapping[str, Any]) -> Iterator[str]:
    first = [c["name"] for c in manifest["schema"]][-1]
    yield "## 查询 Queries"
    yield ""
    yield from _changes(manifest["changes"])
    yield ""
    yield from _of_encrypted(manifest) if subscription.encrypted else _of_plain(manifest, first)


def _changes(compared: Mapping[str, Any] | None) -> Iterator[str]:
    if compared is None:
        yield "`manifest.json` names each file with its SHA-256. This delivery is compared with none before it: it is to be taken whole."
        return
    since = compared["since"]
    yield f"`manifest.json` names each file with its SHA-256; `changes/` holds what is different from the delivery {since} (op I, U, D)."
    yield f"A table of your own that stands as {since} comes up to date so: delete the rows of every `person_id` in `changes/`, insert"
    yield "those of I and U. One that stands as another, as when a delivery was missed, takes those between first, or this one whole."
    if others := "; ".join(f"{OTHERS[how]} {', '.join(names)}" for how, names in compared["columns"].items() if names):
        yield f"**The columns are not those of {since}** ({others}): take this delivery whole, and delete your table of before."


def _of_encrypted(manifest: Mapping[str, Any]) -> Iterator[str]:
    path = next((file["path"] for file in manifest["files"]), "part-0.parquet")
    yield "```python"
    yield "import pyarrow.parquet as pq"
    yield "from pyarrow.parquet.encryption import create_decryption_properties"
    yield "opened = create_decryption_properties(footer_key=bytes.fromhex(open('own.key').read()))"
    yield f"table = pq.ParquetFile({path!r}, decryption_properties=opened).read()  # .to_pandas() for pandas"
    yield "```"
    yield ""
    yield "```python"
    yield "import base64, duckdb"
    yield "key = base64.b64encode(bytes.fromhex(open('own.key').read())).decode()"
    yield "duckdb.execute(f\"PRAGMA add_parquet_key('own', '{key}')\")"
    yield f"duckdb.sql(\"FROM read_parquet('{path}', encryption_config = {{footer_key: 'own'}})\")"
    yield "```"
    yield ""
    yield "Spark 4 takes the table that pyarrow read; to open the files by itself it needs a Java class that hands it the key."
    yield ""
    yield "```python"
    yield "from pyspark.sql import SparkSession"
    yield "persons = SparkSession.builder.getOrCreate().createDataFrame(table)"
    yield "```"
    yield ""
    yield "Lists are JSON text in encrypted files."


def _of_plain(manifest: Mapping[str, Any], first: str) -> Iterator[str]:
    places = "/".join(f"{name}=*" for name in manifest["partition_by"])
    pattern = f"{places}/part-0.parquet" if places else "part-0.parquet"
    yield "Folders are named by codes: they are to be read as text, or their leading zeros are lost."
    yield ""
    yield "```sql"
    yield f"-- DuckDB, in this folder\nSELECT {first}, count(*) AS persons"
    yield f"FROM read_parquet('{pattern}', hive_partitioning = true, hive_types_autocast = false) GROUP BY ALL ORDER BY ALL;"
    yield "```"
    yield ""
    folders = "".join(f"({name!r}, pa.string()), " for name in manifest["partition_by"])
    yield "```python"
    yield "import json, pyarrow as pa, pyarrow.dataset as ds"
    yield "files = [file['path'] for file in json.load(open('manifest.json'))['files']]"
    yield f"folders = ds.partitioning(pa.schema([{folders}]), flavor='hive')"
    yield "table = ds.dataset(files, partitioning=folders).to_table()  # .to_pandas() for pandas"
    yield "```"
    yield ""
    yield "```python"
    yield "from pyspark.sql import SparkSession"
    yield "spark = SparkSession.builder.config('spark.sql.sources.partitionColumnTypeInference.enabled', 'false').getOrCreate()"
    yield f"persons = spark.read.option('basePath', '.').parquet({pattern!r})"
    yield "```"
