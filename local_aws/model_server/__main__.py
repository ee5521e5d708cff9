"""A model server: ``/ping`` and ``/invocations`` on a loopback port.

Run by the local AWS, one process per variant. It prints its port when it listens, loads the model, and answers
``/ping`` with 200 once the model is loaded, as a SageMaker container does. It ends when its stdin closes, so it never
outlives the process that started it, however that one dies.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import os
import threading
import traceback
from pathlib import Path

from local_aws.model_server.models import BadRequestError, Model, load


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this, an answer sent in two writes waits 40 ms for the peer's delayed acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = 2**16
    model: Model | None = None

    def do_GET(self) -> None:
        if self.path != "/ping":
            self._answer(404, b"", "text/plain")
        else:
            self._answer(200 if type(self).model else 503, b"", "application/json")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        model = type(self).model
        if self.path != "/invocations" or model is None:
            self._answer(404 if model else 503, b"", "text/plain")
            return
        content_type = self.headers.get("Content-Type", "text/csv")
        try:
            answer, answer_type = model.predict(body, content_type, self.headers.get("Accept", "*/*"))
        except BadRequestError as error:
            self._answer(400, str(error).encode(), "text/plain")
        except Exception:
            traceback.print_exc()
            self._answer(500, traceback.format_exc(limit=1).encode(), "text/plain")
        else:
            self._answer(200, answer, answer_type)

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; the caller keeps the metrics."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _end_with_parent() -> None:
    # Not through sys.stdin: its lock, held by this thread, would abort the interpreter when the model cannot be loaded.
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    os._exit(0)


def main() -> None:
    """Serve the model in a directory."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.model_server", description=__doc__)
    parser.add_argument("--model-dir", type=Path, required=True, help="unpacked model artifact")
    parser.add_argument("--never-healthy", action="store_true", help="never answer /ping with 200 (a planted fault)")
    options = parser.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server = _Server(("127.0.0.1", 0), _Handler)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if not options.never_healthy:
        # A model that cannot be loaded ends the process: that is how its deployment learns of it.
        _Handler.model = load(options.model_dir)
    threading.Event().wait()


if __name__ == "__main__":
    main()
