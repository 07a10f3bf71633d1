"""Servers that answer as a provider would, well or badly: one a test, on 127.0.0.1."""
import http.server
import os
import socket
import ssl
import subprocess
import threading
import time


class Certificates:
    """An authority, and a certificate of its for 127.0.0.1 and localhost; and one for nobody."""

    def __init__(self, directory):
        self.authority = os.path.join(directory, "authority.pem")
        self.good = os.path.join(directory, "good.pem")
        self.other = os.path.join(directory, "other.pem")
        os.makedirs(directory, exist_ok=True)
        key = os.path.join(directory, "authority.key")
        run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
            "-keyout", key, "-out", self.authority)
        self.issue(directory, key, self.good, "IP:127.0.0.1,DNS:localhost")
        self.issue(directory, key, self.other, "DNS:elsewhere.example")

    def issue(self, directory, key, path, names):
        request, own = path + ".csr", path + ".key"
        extensions = os.path.join(directory, "extensions")
        with open(extensions, "w", encoding="ascii") as file:
            file.write("subjectAltName=" + names + "\n")
        run("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", own,
            "-out", request)
        run("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", key, "-days", "2",
            "-CAcreateserial", "-extfile", extensions, "-out", path)
        with open(own, encoding="ascii") as file, open(path, "a", encoding="ascii") as both:
            both.write(file.read())


def run(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


class Server:
    """HTTP, with a certificate HTTPS. `answer(request)` gives status, headers and body; what was
    asked is in `requests`."""

    def __init__(self, answer, certificate=None):
        self.requests = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                length = int(self.headers.get("Content-Length", 0))
                self.body = self.rfile.read(length)
                server.requests.append(self)
                status, headers, body = answer(self)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            do_GET = do_POST = handle_any

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.httpd = Quiet(("127.0.0.1", 0), Handler)
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.httpd.socket = context.wrap_socket(self.httpd.socket, server_side=True,
                                                    do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.httpd.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.httpd.server_address[1]}"

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()
        self.thread.join(10)


class Raw:
    """A server that does with each connection what `serve(connection)` does."""

    def __init__(self, serve):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.open = True
        self.serve = serve
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        self.socket.settimeout(0.2)
        while self.open:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                continue
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        try:
            self.serve(connection)
        except OSError:
            pass
        connection.close()

    @property
    def port(self):
        return self.socket.getsockname()[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        self.open = False
        self.thread.join(10)
        self.socket.close()


def hang(connection):
    connection.recv(4096)
    time.sleep(20)


def hang_up(connection):
    connection.recv(4096)


def trickle(connection):
    connection.recv(4096)
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(200):
        connection.send(b"x")
        time.sleep(0.1)
