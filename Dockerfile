# The project and its Airflow in one image: the repository is the DAG bundle.
FROM python:3.11-slim

ARG UV_VERSION=0.13.9

ENV PYTHONUNBUFFERED=1 \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/renkou \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    RENKOU_HOME=/var/lib/renkou \
    PATH=/opt/renkou/.venv/bin:$PATH

RUN pip install --no-cache-dir uv==${UV_VERSION} \
 && useradd --uid 10001 --user-group --create-home renkou \
 && install -d -o renkou -g renkou /opt/airflow /opt/airflow/logs /opt/airflow/auth /var/lib/renkou /var/lib/renkou/landing /var/lib/offices

WORKDIR /opt/renkou
# Dependencies first: they change less often than the project.
COPY pyproject.toml uv.lock ./
# The lock names no index: what it pins is read offline and fetched from the index that this machine is set up with.
RUN uv venv .venv \
 && uv export --frozen --no-dev --no-emit-project --format requirements-txt --output-file /tmp/pinned.txt \
 && uv pip sync --require-hashes /tmp/pinned.txt

COPY .airflowignore ./
COPY contracts contracts
COPY warehouse warehouse
COPY expectations expectations
COPY transforms transforms
COPY dags dags
COPY cli cli
COPY generate generate
COPY api api
# the command beside the interpreter, as `make setup` makes it
RUN printf '#!/bin/sh\nexec /opt/renkou/.venv/bin/python -m cli.main "$@"\n' > .venv/bin/renkou && chmod 755 .venv/bin/renkou

USER renkou
CMD ["airflow", "version"]
