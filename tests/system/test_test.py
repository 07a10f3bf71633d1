"""credfs test: what providers of every kind make of a credential, and that it goes nowhere else."""
import base64
import json
import os
import socket
import subprocess
import time

import pytest

import mounting
import servers

OTHER, USAGE, REJECTED, UNREACHABLE, UNTRIED = 1, 2, 24, 25, 26
KEY = "sk-proj-" + "c" * 60 + "T3BlbkFJ" + "c" * 40


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    directory = tmp_path_factory.mktemp("certificates")
    os.chmod(directory, 0o755)
    made = servers.Certificates(str(directory))
    for path in (directory, directory.parent, directory.parent.parent):
        os.chmod(path, 0o755)
    os.chmod(made.authority, 0o644)
    return made


@pytest.fixture
def serve():
    """serve(answer, certificate) and serve.raw(function): servers that end with the test."""
    made = []

    def start(answer, certificate=None):
        made.append(servers.Server(answer, certificate))
        return made[-1]

    def raw(function):
        made.append(servers.Raw(function))
        return made[-1]

    start.raw = raw
    yield start
    for server in made:
        server.close()


@pytest.fixture
def acme(mount):
    mount.org("acme")
    return mount


def answering(status):
    return lambda request: (status, {}, b"{}")


def expecting(header, value):
    """200 to who has the right one, 401 to others."""
    return lambda request: (200 if request.headers.get(header) == value else 401, {}, b"{}")


def try_it(mount, path, *arguments, timeout=60):
    done = mount.credfs("test", "--json", *arguments, mount.path("orgs", path), timeout=timeout)
    assert done.stderr == "", done
    report = json.loads(done.stdout)
    codes = {"accepted": 0, "rejected": REJECTED, "unreachable": UNREACHABLE, "untried": UNTRIED}
    assert done.returncode == codes[report["verdict"]]
    return report


# providers

PROVIDERS = {  # provider: fields, the request line, the header and its value
    "openai": ({"api_key": KEY}, "GET /v1/models", "Authorization", "Bearer " + KEY),
    "anthropic": ({"api_key": "sk-ant-1"}, "GET /v1/models", "x-api-key", "sk-ant-1"),
    "gemini": ({"api_key": "AIza1"}, "GET /v1beta/models?pageSize=1", "x-goog-api-key", "AIza1"),
    "xai": ({"api_key": "xai-1"}, "GET /v1/models", "Authorization", "Bearer xai-1"),
    "deepseek": ({"api_key": "sk-1"}, "GET /v1/models", "Authorization", "Bearer sk-1"),
    "mistral": ({"api_key": "abc1"}, "GET /v1/models", "Authorization", "Bearer abc1"),
    "perplexity": ({"api_key": "pplx-1"}, "POST /v1/chat/completions", "Authorization",
                   "Bearer pplx-1"),
    "portkey": ({"api_key": "pk"}, "GET /v1/models", "x-portkey-api-key", "pk"),
    "litellm": ({"api_key": "sk-1"}, "GET /v1/models", "Authorization", "Bearer sk-1"),
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_provider_is_asked_in_its_way(acme, serve, certificates, provider):
    fields, line, header, value = PROVIDERS[provider]
    server = serve(expecting(header, value), certificates.good)
    base = server.url if provider in ("anthropic", "gemini") else server.url + "/v1/"
    acme.account("acme/it", provider=provider, **fields, api_base=base)
    report = try_it(acme, "acme/it", "--cacert", certificates.authority)
    assert (report["verdict"], report["status"], report["where"]) == ("accepted", 200, "127.0.0.1")
    assert report["provider"] == provider
    (request,) = server.requests
    assert request.requestline == line + " HTTP/1.1"
    acme.put("orgs/acme/it/api_key", fields["api_key"] + "wrong")
    assert try_it(acme, "acme/it", "--cacert", certificates.authority)["verdict"] == "rejected"


def test_anthropic_s_version_and_bearer_token(acme, serve):
    server = serve(expecting("Authorization", "Bearer token1"))
    acme.account("acme/it", provider="anthropic", auth_token="token1", api_base=server.url)
    assert try_it(acme, "acme/it")["verdict"] == "accepted"
    assert server.requests[0].headers["anthropic-version"] == "2023-06-01"
    assert "x-api-key" not in server.requests[0].headers


@pytest.mark.parametrize("endpoint,version,path", [
    ("/", "2024-10-21", "/openai/models"), ("", "2025-04-01-preview", "/openai/models"),
    ("/", "v1", "/openai/v1/models"), ("", "preview", "/openai/v1/models"),
    ("/openai/v1/", "v1", "/openai/v1/models"),
])
@pytest.mark.parametrize("field,header,value", [
    ("api_key", "api-key", "a" * 32), ("ad_token", "Authorization", "Bearer token1"),
])
def test_azure_s_endpoint_and_version(acme, serve, endpoint, version, path, field, header, value):
    server = serve(expecting(header, value))
    acme.account("acme/it", provider="azure-openai", endpoint=server.url + endpoint,
                 api_version=version, **{field: value.removeprefix("Bearer ")})
    assert try_it(acme, "acme/it")["verdict"] == "accepted"
    assert server.requests[0].path == f"{path}?api-version={version}"


def test_perplexity_says_that_the_request_is_bad_once_the_key_was_taken(acme, serve):
    for status, verdict in ((400, "accepted"), (422, "accepted"), (401, "rejected")):
        server = serve(answering(status))
        acme.account(f"acme/p{status}", provider="perplexity", api_key="pplx-1",
                     api_base=server.url)
        assert try_it(acme, f"acme/p{status}")["verdict"] == verdict
        assert server.requests[0].body == b"{}"


def override(mount, text):
    """A catalogue in which a provider's trial goes to a server of the test."""
    os.makedirs(mount.base + "/providers.d", exist_ok=True)
    with open(mount.base + "/providers.d/site.conf", "w", encoding="ascii") as file:
        file.write(text)


def test_bedrock_signs_and_its_bearer_token_does_not(acme, serve):
    server = serve(lambda request: (200 if "Credential=AKIA" in
                                    request.headers["Authorization"] else 403, {}, b""))
    override(acme, f"""[bedrock?access_key]
needs = access_key_id secret_access_key
method = POST
url = "{server.url}/"
header Content-Type = "application/x-www-form-urlencoded"
header X-Amz-Security-Token = session_token
body = "Action=GetCallerIdentity&Version=2011-06-15"
sign = aws
service = sts
rejected = 403
""")
    acme.account("acme/it", provider="bedrock", access_key_id="AKIA" + "A" * 16, region="eu-west-1",
                 secret_access_key="s" * 40, session_token="t" * 120)
    assert try_it(acme, "acme/it")["verdict"] == "accepted"
    headers = server.requests[0].headers
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA" + "A" * 16 + "/")
    assert "/eu-west-1/sts/aws4_request" in headers["Authorization"]
    assert "x-amz-security-token" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "t" * 120
    assert "s" * 40 not in str(headers)
    acme.put("orgs/acme/it/access_key_id", "ASIA" + "A" * 16)
    assert try_it(acme, "acme/it")["verdict"] == "rejected"


@pytest.fixture(scope="session")
def rsa(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("rsa") / "key.pem")
    servers.run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path)
    return path


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def document(rsa, **members):
    with open(rsa, encoding="ascii") as file:
        return json.dumps({"type": "service_account", "client_email": "it@acme.example",
                           "private_key_id": "k1", "private_key": file.read(), **members})


def vertex(mount, text):
    mount.account("acme/it", provider="vertex", location="europe-west1")
    with open(mount.path("orgs/acme/it/service_account.json"), "w", encoding="utf-8") as file:
        file.write(text)


def test_vertex_asks_for_a_token_with_a_signature_that_holds(acme, serve, rsa, tmp_path):
    server = serve(answering(200))
    vertex(acme, document(rsa, token_uri=server.url + "/token"))
    assert try_it(acme, "acme/it")["verdict"] == "accepted"
    (request,) = server.requests
    assert request.path == "/token"
    grant, assertion = request.body.decode().split("&assertion=")
    assert grant == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    header, claims, signature = assertion.split(".")
    assert json.loads(decoded(header)) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    said = json.loads(decoded(claims))
    assert said["iss"] == "it@acme.example" and said["aud"] == server.url + "/token"
    assert said["exp"] - said["iat"] == 300 and abs(said["iat"] - time.time()) < 60
    for name, content in (("signature", decoded(signature)), ("text", f"{header}.{claims}".encode())):
        (tmp_path / name).write_bytes(content)
    servers.run("rsa", "-in", rsa, "-pubout", "-out", str(tmp_path / "public"))
    servers.run("dgst", "-sha256", "-verify", str(tmp_path / "public"), "-signature",
                str(tmp_path / "signature"), str(tmp_path / "text"))


def test_vertex_tells_a_revoked_key(acme, serve, rsa):
    vertex(acme, document(rsa, token_uri=serve(answering(400)).url))
    assert try_it(acme, "acme/it")["verdict"] == "rejected"


def test_a_document_that_asks_for_plain_http_elsewhere_is_not_followed(acme, rsa):
    vertex(acme, document(rsa, token_uri="http://tokens.example/"))
    report = try_it(acme, "acme/it")
    assert report["verdict"] == "untried" and "http would show" in report["detail"]


def test_a_document_that_cannot_sign_is_told(acme, rsa):
    vertex(acme, document(rsa, private_key="none"))
    done = acme.credfs("test", acme.path("orgs/acme/it"))
    assert done.returncode == OTHER
    assert "its document is not one of a service account that can sign" in done.stderr


# what servers do

@pytest.mark.parametrize("status,verdict", [
    (200, "accepted"), (401, "rejected"), (403, "rejected"), (404, "unreachable"),
    (429, "unreachable"), (500, "unreachable"),
])
def test_what_an_answer_says(acme, serve, status, verdict):
    acme.account("acme/openai", api_key=KEY, api_base=serve(answering(status)).url)
    report = try_it(acme, "acme/openai")
    assert (report["verdict"], report["status"]) == (verdict, status)


def test_a_redirection_is_not_followed(acme, serve):
    other = serve(answering(200))
    server = serve(lambda request: (302, {"Location": other.url}, b""))
    acme.account("acme/openai", api_key=KEY, api_base=server.url)
    report = try_it(acme, "acme/openai")
    assert report["verdict"] == "unreachable" and "not followed" in report["detail"]
    assert other.requests == []


@pytest.mark.parametrize("bad", ["hang", "trickle"])
def test_a_server_that_takes_its_time_is_given_up(acme, serve, bad):
    acme.account("acme/openai", api_key=KEY, api_base=serve.raw(getattr(servers, bad)).url)
    begin = time.monotonic()
    report = try_it(acme, "acme/openai", "--timeout", "1")
    assert time.monotonic() - begin < 5
    assert report["verdict"] == {"hang": "unreachable", "trickle": "accepted"}[bad]


def test_a_server_that_hangs_up_or_is_not_there(acme, serve):
    acme.account("acme/openai", api_key=KEY, api_base=serve.raw(servers.hang_up).url)
    assert try_it(acme, "acme/openai")["verdict"] == "unreachable"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    acme.put("orgs/acme/openai/api_base", f"https://127.0.0.1:{port}")
    report = try_it(acme, "acme/openai")
    assert report["verdict"] == "unreachable" and report["status"] is None
    acme.put("orgs/acme/openai/api_base", "https://nowhere.invalid")
    assert try_it(acme, "acme/openai")["verdict"] == "unreachable"


def test_certificates_are_always_verified(acme, serve, certificates):
    good, other = (serve(answering(200), path) for path in (certificates.good, certificates.other))
    acme.account("acme/openai", api_key=KEY, api_base=good.url)
    assert try_it(acme, "acme/openai")["verdict"] == "unreachable"
    assert try_it(acme, "acme/openai", "--cacert", certificates.authority)["verdict"] == "accepted"
    acme.environment["SSL_CERT_FILE"] = certificates.authority
    assert try_it(acme, "acme/openai")["verdict"] == "accepted"
    acme.put("orgs/acme/openai/api_base", other.url)
    assert try_it(acme, "acme/openai")["verdict"] == "unreachable"
    assert try_it(acme, "acme/openai", "--cacert", certificates.authority)["verdict"] == \
           "unreachable"
    assert other.requests == []


def test_without_encryption_it_goes_to_this_host_alone(acme):
    acme.account("acme/openai", api_key=KEY, api_base="http://gateway.example/v1")
    report = try_it(acme, "acme/openai")
    assert report["verdict"] == "untried" and "http would show the credential" in report["detail"]


# what is told, and to whom

def test_people_get_a_sentence(acme, serve):
    acme.account("acme/openai", api_key=KEY, api_base=serve(answering(200)).url)
    path = acme.path("orgs/acme/openai")
    done = acme.credfs("test", path)
    assert (done.returncode, done.stdout) == (0, f"{path}: accepted by 127.0.0.1: it answers 200\n")
    done = acme.credfs_alone("test", "acme/openai")
    assert done.stdout == "acme/openai: accepted by 127.0.0.1: it answers 200\n"


def test_a_runner_tries_what_his_project_has_and_nobody_else_does(acme, serve, people):
    acme.account("acme/openai", api_key=KEY, api_base=serve(expecting("Authorization",
                                                                     "Bearer " + KEY)).url)
    runner, member, stranger = (people.user(name) for name in ("carol", "bob", "dave"))
    acme.put("orgs/acme/roles/member", "user:" + member)
    acme.project("acme", "etl", runner=["user:" + runner])
    os.symlink("../../openai", acme.path("orgs/acme/projects/etl/openai"))
    argv = acme.argv("test", acme.path("orgs/acme/projects/etl/openai"))
    done = people.run(runner, argv)
    assert done.returncode == 0, done
    for user in (member, stranger):
        for path in ("orgs/acme/openai", "orgs/acme/projects/etl/openai"):
            done = people.run(user, acme.argv("test", acme.path(path)))
            assert done.returncode == OTHER, done
            assert "Permission denied" in done.stderr
    os.unlink(acme.path("orgs/acme/projects/etl/openai"))
    assert people.run(runner, acme.argv("test", acme.path("orgs/acme/openai"))).returncode == OTHER


def test_what_cannot_be_tried_says_why(acme):
    acme.account("acme/app", provider="generic", key="x")
    acme.account("acme/openai")
    for path, why in (("acme/app", "no way to try"), ("acme/openai", "fields are missing")):
        report = try_it(acme, path)
        assert report["verdict"] == "untried" and why in report["detail"]
    done = acme.credfs("test", acme.path("orgs/acme"))
    assert done.returncode == OTHER and "no credential that could be tried" in done.stderr


@pytest.mark.parametrize("arguments", [
    [], ["a", "b"], ["--timeout", "0", "a"], ["--timeout", "x", "a"], ["--timeout", "-1", "a"],
    ["--timeout", "4000", "a"], ["--timeout", "nan", "a"],
])
def test_wrong_usage_is_told(mounts, arguments):
    done = mounts(start=False).credfs("test", *arguments)
    assert done.returncode == USAGE and done.stderr


def test_the_credential_is_in_no_argument_and_no_environment(acme, serve):
    seen = []

    def look(request):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for name in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{pid}/{name}", "rb") as file:
                        text = file.read()
                except OSError:
                    continue
                if name == "cmdline" and b"credfs test" in text:
                    seen.append(pid)
                if pid != str(os.getpid()):
                    assert KEY.encode() not in text, (pid, name)
        return 200, {}, b""

    acme.account("acme/openai", api_key=KEY, api_base=serve(look).url)
    assert try_it(acme, "acme/openai")["verdict"] == "accepted"
    assert seen
    trace = acme.base + "/trace"
    subprocess.run(["strace", "-f", "-s", "4096", "-e", "trace=execve,write,open,openat", "-o", trace,
                    *acme.argv("test", acme.path("orgs/acme/openai"))], env=acme.environment,
                   check=False, capture_output=True, timeout=60)
    with open(trace, encoding="utf-8", errors="replace") as file:
        assert KEY not in file.read()


def test_neither_the_daemon_nor_another_command_has_a_network_library():
    linked = subprocess.run(["ldd", mounting.BINARY], capture_output=True, text=True, check=True)
    for library in ("libcurl", "libpq", "libmariadb", "libcrypto", "libssl"):
        assert library not in linked.stdout
