"""A service that answers as it is told to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-0123456789abcdef0123456789abcdef"


class Scripted:
    """A real HTTP server on loopback whose answers a test decides.

    ``answers`` is a function from (method, path, headers, body) to (status, headers, body), or to
    None, which drops the connection.
    """

    def __init__(self):
        self.received = []
        self.answer = lambda *_: (500, {}, b"")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                request = (self.command, self.path, dict(self.headers.items()), body)
                outer.received.append(request)
                answer = outer.answer(*request)
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, content = answer
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = handle_any  # noqa: N815 - the base class's names

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        # the argument is how often it looks whether it should stop
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def requests(self, method, path):
        """Return the (headers, body) of the requests to one path."""
        return [
            (h, b) for m, p, h, b in self.received if (m, p.partition("?")[0]) == (method, path)
        ]

    def close(self):
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()
