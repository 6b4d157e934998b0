"""TLS is verified against the name of the URL, whatever address is dialled."""

import ssl
from collections.abc import Iterator

import certifi
import pytest

from ingest.http import PAGE_LIMITS, Fetcher, Unreachable
from ingest.http.connection import tls_context
from tests.site import CERTIFICATE, LOOPBACK, Site


@pytest.fixture
def tls_site() -> Iterator[Site]:
    with Site(tls=True) as running:
        running.page("/", "<p>sealed</p>")
        yield running


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site's certificate among the system's trust anchors; to be asked for before a fetcher."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


def fetcher_of_any_name() -> Fetcher:
    return Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=lambda _: ["127.0.0.1"])


@pytest.mark.usefixtures("trusted")
def test_name_indication_certificate_and_host_are_of_the_url(tls_site: Site) -> None:
    with fetcher_of_any_name() as fetcher:
        for _ in range(2):
            url = f"https://desk.news.test:{tls_site.port}/"
            answer = fetcher.get(url, limits=PAGE_LIMITS, accept="*/*")
            assert answer.body == b"<p>sealed</p>"
    assert tls_site.log[0].server_name == "desk.news.test"
    assert tls_site.log[0].headers["host"] == f"desk.news.test:{tls_site.port}"
    assert tls_site.connections == 1


@pytest.mark.usefixtures("trusted")
def test_a_dot_at_the_end_of_a_name_is_for_the_name_server_alone(tls_site: Site) -> None:
    with fetcher_of_any_name() as fetcher:
        url = f"https://desk.news.test.:{tls_site.port}/"
        assert fetcher.get(url, limits=PAGE_LIMITS, accept="*/*").status == 200
    assert tls_site.log[0].server_name == "desk.news.test"


@pytest.mark.usefixtures("trusted")
def test_an_address_is_verified_like_a_name(tls_site: Site) -> None:
    with fetcher_of_any_name() as fetcher:
        assert fetcher.get(tls_site.url("/"), limits=PAGE_LIMITS, accept="*/*").status == 200


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "name", ["other.test", "news.test.evil.test", "a.b.news.test", "127.0.0.2"]
)
def test_a_certificate_of_another_name_is_refused(name: str, tls_site: Site) -> None:
    with (
        fetcher_of_any_name() as fetcher,
        pytest.raises(Unreachable, match="certificate verify failed") as caught,
    ):
        fetcher.get(f"https://{name}:{tls_site.port}/", limits=PAGE_LIMITS, accept="*/*")
    assert caught.value.retry
    assert tls_site.log == []


def test_a_certificate_of_nobody_we_know_is_refused(tls_site: Site) -> None:
    with fetcher_of_any_name() as fetcher, pytest.raises(Unreachable, match="self-signed"):
        fetcher.get(f"https://news.test:{tls_site.port}/", limits=PAGE_LIMITS, accept="*/*")
    assert tls_site.log == []


def test_a_server_that_speaks_no_tls_is_unreachable(site: Site, fetcher: Fetcher) -> None:
    url = site.url("/").replace("http:", "https:")
    with pytest.raises(Unreachable):
        fetcher.get(url, limits=PAGE_LIMITS, accept="*/*")


def test_a_server_that_speaks_tls_alone_is_unreachable_without(tls_site: Site) -> None:
    url = tls_site.url("/").replace("https:", "http:")
    with fetcher_of_any_name() as fetcher, pytest.raises(Unreachable):
        fetcher.get(url, limits=PAGE_LIMITS, accept="*/*")


def test_verification_is_on() -> None:
    context = tls_context()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_system_without_trust_anchors_gets_certifis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/cert.pem")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere/certs")
    expected = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    expected.load_verify_locations(certifi.where())
    assert tls_context().cert_store_stats() == expected.cert_store_stats()
