import pytest

from web.webhooks.addresses import NoSuchHost, NotOutside, Resolver, is_public

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # the metadata of cloud machines
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:53aa:64c:0:0:80ff:fffe",  # Teredo of 127.0.0.1
    "no address",
    "",
]
OUTSIDE = ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_outside_are(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "::1", "0", "0.0.0.0"]
)
async def test_every_way_to_write_this_machine_is_refused(host: str):
    resolver = Resolver()
    with pytest.raises((NotOutside, NoSuchHost)) as caught:  # what the system's resolver does not know leads nowhere
        await resolver.resolve(host, 443)
    assert "127.0.0.1" not in str(caught.value) or host in str(caught.value)
    resolver.close()


async def test_a_name_of_which_one_address_is_inside_is_refused():
    resolver = Resolver(is_acceptable=lambda address: address != "127.0.0.1")
    with pytest.raises(NotOutside):
        await resolver.resolve("127.0.0.1", 80)
    assert await Resolver(lambda _: True).resolve("127.0.0.1", 80) == "127.0.0.1"
    resolver.close()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "ex\udc80ample"])
async def test_a_host_that_is_not_there_is_told_as_such(host: str):
    resolver = Resolver()
    with pytest.raises(NoSuchHost):
        await resolver.resolve(host, 443)
    resolver.close()
