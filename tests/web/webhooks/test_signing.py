import base64
import hashlib
import hmac

from web.webhooks.signing import key_of, new_secret, signed


def test_signatures_are_those_of_the_public_specification():
    # The example of standardwebhooks.com's own libraries.
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["Webhook-Signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["Webhook-Timestamp"] == "1614265330"


def test_a_changed_body_time_or_id_has_another_signature():
    key = key_of(new_secret())
    one = signed(key, "a", 1, b"body")["Webhook-Signature"]
    others = [signed(key, "b", 1, b"body"), signed(key, "a", 2, b"body"), signed(key, "a", 1, b"bodi")]
    others.append(signed(key_of(new_secret()), "a", 1, b"body"))
    assert one not in {each["Webhook-Signature"] for each in others}


def test_a_secret_of_another_kind_is_taken_as_it_is():
    expected = base64.b64encode(hmac.digest(b"whsec_?", b"a.1.x", hashlib.sha256)).decode()
    assert signed(key_of("whsec_?"), "a", 1, b"x")["Webhook-Signature"] == f"v1,{expected}"
    assert new_secret() != new_secret()
