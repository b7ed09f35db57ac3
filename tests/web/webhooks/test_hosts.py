import pytest

from web.webhooks.hosts import AllowedHosts, WebhookRefused

NAMED = AllowedHosts(("hooks.example.com", "*.example.org", "http://plain.example.net"))


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://HOOKS.example.com:8443/a?b=c",
        "https://hooks.example.com./x",
        "https://a.example.org/",
        "https://a.b.example.org/",
        "http://plain.example.net/",
    ],
)
def test_hosts_that_were_named_may_be_told(url: str):
    assert str(NAMED.check(url).host)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com",
        "https://plain.example.net/",
        "https://example.org/",
        "https://evilexample.org/",
        "https://hooks.example.com.evil.net/",
        "https://hooks.example.com@evil.net/",
        "https://evil.net/#hooks.example.com",
        "https://evil.net/hooks.example.com",
        "https://127.0.0.1/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "hooks.example.com/x",
        "//hooks.example.com/x",
        "https://",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nHost: evil",
        "https://user@hooks.example.com/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com/" + "a" * 3000,
        "",
    ],
)
def test_nothing_else_may(url: str):
    with pytest.raises(WebhookRefused):
        NAMED.check(url)


def test_the_star_is_every_host_by_https():
    assert AllowedHosts(("*",)).check("https://anywhere.example/").host == "anywhere.example"
    with pytest.raises(WebhookRefused):
        AllowedHosts(("*",)).check("http://anywhere.example/")


def test_webhooks_are_off_unless_hosts_are_named():
    assert not AllowedHosts().is_on
    with pytest.raises(WebhookRefused, match="--webhooks"):
        AllowedHosts().check("https://hooks.example.com/")
