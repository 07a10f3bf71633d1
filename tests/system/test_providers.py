"""The thirteen providers: every field created and read back, what each refuses, what makes an
account complete."""
import os

import pytest

A = "a" * 40
ADVICE = "https://llm.example.com/v1"
ACCOUNT_JSON = '{\n  "type": "service_account",\n  "private_key": "-----BEGIN..."\n}\n'

# provider: required fields, optional fields, then what it refuses: field, value
PROVIDERS = {
    "openai": (
        {"api_key": "sk-proj-" + A},
        {"api_base": ADVICE, "organization": "org-1", "project": "proj_1",
         "admin_key": "sk-admin-" + A, "webhook_secret": "whsec_" + A,
         "custom_headers": "X-Team: data\nX-Stage: live\n"},
        [("api_key", "sk-ant-" + A), ("api_key", A), ("api_key", "AKIA" + A[:16]),
         ("api_key", "sk-" + A + " "), ("api_base", "llm.example.com"),
         ("admin_key", "sk-ant-admin01-" + A)]),
    "anthropic": (
        {"api_key": "sk-ant-api03-" + A},
        {"api_base": ADVICE, "auth_token": A, "admin_key": "sk-ant-admin01-" + A,
         "webhook_signing_key": A, "custom_headers": "X-Team: data"},
        [("api_key", "sk-proj-" + A), ("api_key", A), ("api_key", "pplx-" + A),
         ("api_base", "not a url")]),
    "gemini": (
        {"api_key": "AIza" + A[:35]}, {"api_base": ADVICE},
        [("api_key", "sk-ant-" + A), ("api_key", "xai-" + A), ("api_key", "two words")]),
    "xai": (
        {"api_key": "xai-" + A + A}, {"api_base": ADVICE, "management_key": A},
        [("api_key", "sk-ant-" + A), ("api_key", "pplx-" + A), ("api_key", "AIza" + A)]),
    "deepseek": (
        {"api_key": "sk-" + A[:32]}, {"api_base": ADVICE},
        [("api_key", "sk-ant-" + A), ("api_key", "xai-" + A)]),
    "mistral": (
        {"api_key": A[:32]}, {"api_base": ADVICE},
        [("api_key", "sk-ant-" + A), ("api_key", "pplx-" + A)]),
    "perplexity": (
        {"api_key": "pplx-" + A + "aaaaaaaa"}, {"api_base": ADVICE},
        [("api_key", "sk-ant-" + A), ("api_key", "xai-" + A)]),
    "bedrock": (
        {"access_key_id": "AKIAABCDEFGHIJKLMNOP", "secret_access_key": A, "region": "us-east-1"},
        {"session_token": A * 3, "expiration": "2030-01-01T00:00:00Z", "account_id": "123456789012",
         "bearer_token": "ABSK" + A * 3, "api_base": ADVICE},
        [("access_key_id", "sk-ant-" + A), ("secret_access_key", "xai-" + A),
         ("region", "us east 1"), ("region", "us_east_1"), ("bearer_token", "AKIAABCDEFGHIJKLMNOP"),
         ("session_token", "a\nb")]),
    "vertex": (
        {"service_account.json": ACCOUNT_JSON, "location": "us-central1"},
        {"project": "my-project", "quota_project": "other-project", "api_base": ADVICE},
        [("service_account.json", "{"), ("service_account.json", "[]"),
         ("service_account.json", ""), ("location", "us central"), ("api_base", "ftp://x")]),
    "portkey": (
        {"api_key": A}, {"api_base": ADVICE, "virtual_key": A, "config": "pc-1"},
        [("api_key", "two words"), ("api_base", "x")]),
    "litellm": (
        {"api_key": "sk-" + A, "api_base": "http://localhost:4000"},
        {"master_key": "sk-" + A, "salt_key": A, "database_url": "postgresql://db/litellm"},
        [("api_key", "sk-ant-" + A), ("master_key", "sk-ant-" + A), ("api_base", "localhost:4000")]),
    "azure-openai": (
        {"api_key": A, "endpoint": "https://mine.openai.azure.com", "api_version": "2024-10-21"},
        {"ad_token": A},
        [("api_key", "sk-ant-" + A), ("endpoint", "mine.openai.azure.com"),
         ("api_version", "2024 10 21")]),
    "generic": (
        {}, {"user": "me", "password": "any thing\n\nat all\n", "PEM.key": "-----BEGIN...\nx\n"},
        [("user", "a\x07b"), ("user", "")]),
}


@pytest.fixture
def account(mount):
    """A function that makes an account of a provider under a name that says nothing."""
    mount.org("acme")

    def make(provider):
        return mount.account("acme/Some Account", provider=provider)

    return make


def write(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(fd, text.encode())
    finally:
        closing, fd = fd, -1
        os.close(closing)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def info(base):
    return dict(line.split(": ", 1) for line in read(base + "/.info").splitlines())


def test_the_catalogue_is_these_thirteen(mount):
    assert sorted(os.listdir(mount.path("providers"))) == sorted(PROVIDERS)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_field_is_created_and_read_back(account, mount, provider):
    required, optional, _ = PROVIDERS[provider]
    base = account(provider)
    fields = {**required, **optional}
    for name, value in fields.items():
        write(f"{base}/{name}", value)
        assert read(f"{base}/{name}") == value
        assert os.stat(f"{base}/{name}").st_size == len(value)
    assert sorted(os.listdir(base)) == sorted([*fields, "provider"])
    mount.remount()
    assert {name: read(f"{base}/{name}") for name in fields} == fields
    for name in optional:
        os.unlink(f"{base}/{name}")
        assert not os.path.exists(f"{base}/{name}")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_account_is_complete_with_what_is_required_and_not_before(account, provider):
    required, _, _ = PROVIDERS[provider]
    base = account(provider)
    begun = False
    for name, value in required.items():
        assert info(base)["complete"] == "no"
        # of several ways to be complete the one that was begun is told
        assert name in info(base)["missing"].split() or not begun
        write(f"{base}/{name}", value)
        begun = True
    assert info(base)["complete"] == "yes"
    assert info(base)["provider"] == provider


@pytest.mark.parametrize("provider, field, value", [
    (provider, field, value) for provider, row in PROVIDERS.items() for field, value in row[2]])
def test_what_a_provider_refuses(account, provider, field, value):
    base = account(provider)
    good = {**PROVIDERS[provider][0], **PROVIDERS[provider][1]}[field]
    write(f"{base}/{field}", good)
    if value:
        with pytest.raises(OSError) as refusal:
            write(f"{base}/{field}", value + "\n")
        assert refusal.value.errno == 129  # EKEYREJECTED
    else:
        write(f"{base}/{field}", value)
    assert read(f"{base}/{field}") == good
    status = read(base + "/.status")
    assert "last-error:" in status and field in status
    if len(value) > 8:
        assert value not in status


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "generic"])
def test_a_provider_takes_its_own_fields_only(account, provider):
    base = account(provider)
    with pytest.raises(OSError) as refusal:
        write(base + "/surprise", "x")
    assert refusal.value.errno == 22
    assert os.listdir(base) == ["provider"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_catalogue_tells_each_field(mount, provider):
    text = read(mount.path("providers", provider))
    for name in (*PROVIDERS[provider][0], *PROVIDERS[provider][1]):
        if provider != "generic":
            assert name in text


def test_a_temporary_access_key_is_complete_only_with_its_session(account):
    base = account("bedrock")
    for name, value in PROVIDERS["bedrock"][0].items():
        write(f"{base}/{name}", value.replace("AKIA", "ASIA"))
    assert info(base)["complete"] == "no"
    assert info(base)["missing"] == "session_token"
    write(base + "/session_token", A * 3)
    assert info(base)["complete"] == "yes"


def test_bedrock_is_complete_with_a_bearer_token(account):
    base = account("bedrock")
    write(base + "/bearer_token", "ABSK" + A * 3)
    write(base + "/region", "us-east-1")
    assert info(base)["complete"] == "yes"


def test_a_shape_that_is_only_usual_warns_and_is_kept(account):
    base = account("xai")
    write(base + "/api_key", "a-key-of-another-shape")
    assert read(base + "/api_key") == "a-key-of-another-shape"
    (warning,) = [line for line in read(base + "/.status").splitlines()
                  if line.startswith("warning:")]
    assert "api_key" in warning and "another-shape" not in warning


def test_a_provider_of_the_configuration_is_added_and_a_known_one_changed(mounts):
    mount = mounts(start=False)
    directory = mount.base + "/providers.d"
    os.mkdir(directory)
    with open(directory + "/mine.conf", "w", encoding="utf-8") as conf:
        conf.write("[mine]\ntitle = Mine\nneeds = token\n[mine/token]\ntitle = Token\n"
                   "prefix = mine-\nprefix_required = yes\n")
    mount.start()
    mount.org("acme")
    base = mount.account("acme/mine")
    assert read(base + "/provider") == "mine"
    write(base + "/token", "mine-1")
    with pytest.raises(OSError):
        write(base + "/token", "yours-1\n")
    assert read(base + "/token") == "mine-1"


def test_an_admin_key_never_passes_a_link(mount, people):
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-proj-" + A, admin_key="sk-admin-" + A)
    runner = people.user("runner")
    mount.project("acme", "etl", runner=["user:" + runner])
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))
    base = mount.path("orgs/acme/projects/etl/openai")
    assert people.call(runner, read, base + "/api_key") == ("ok", "sk-proj-" + A)
    assert people.call(runner, read, base + "/admin_key")[0] == "EACCES"
