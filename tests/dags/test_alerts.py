"""Alerts reach a real server, and say nothing of a person."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

INSTANCE = SimpleNamespace(dag_id="build", task_id="link", run_id="scheduled__2026-11-23", try_number=4)


def test_a_failed_task_is_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.alerts import alerts  # noqa: PLC0415

    came = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setenv("RENKOU_ALERT_WEBHOOK", f"http://127.0.0.1:{server.server_address[1]}")
        (webhook,) = alerts()
        webhook.notify({"ti": INSTANCE, "exception": ValueError("330105199001011234")})
    assert came == [
        {"text": "renkou: build link failed", "dag": "build", "task": "link", "run": "scheduled__2026-11-23", "try": 4}
    ]


def test_a_webhook_that_is_down_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.alerts import Webhook  # noqa: PLC0415

    monkeypatch.setenv("RENKOU_ALERT_WEBHOOK", "http://127.0.0.1:1")
    Webhook().notify({"ti": INSTANCE})


def test_mail_is_sent_over_airflows_own_notifier(monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.alerts import alerts  # noqa: PLC0415

    monkeypatch.delenv("RENKOU_ALERT_WEBHOOK", raising=False)
    monkeypatch.setenv("RENKOU_ALERT_MAIL", "office@example.gov.cn")
    (mail,) = alerts()
    assert "exception" not in mail.html_content  # type: ignore[attr-defined]


def test_without_a_setting_nobody_is_told() -> None:
    from dags.alerts import alerts  # noqa: PLC0415

    assert alerts() == []
