"""Signs what webhooks tell, as the Standard Webhooks specification (standardwebhooks.com, 1.0) has it.

The signature is HMAC-SHA256 over `id.timestamp.body`, so a receiver knows that the message is from here, that nobody
changed it, and how old it is.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

PREFIX = "whsec_"
_KEY_BYTES = 32


def new_secret() -> str:
    """A new secret, as receivers write it down: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret; one that is not written as `whsec_` and base64 is taken as it is."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def signed(key: bytes, message_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The headers that go with a message.

    Args:
        key: what the receiver knows too.
        message_id: the same in each attempt, so that a receiver can tell what it has already.
        timestamp: seconds since the epoch, of this attempt.
        body: what is sent.
    """
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": f"v1,{signature}",
    }
