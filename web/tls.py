"""HTTPS: the context of a server that shows a certificate."""

import ssl

from graph.errors import LatentloomError
from web.settings import Certificate


class CertificateError(LatentloomError):
    """A certificate or its key cannot be used."""


def tls_context(certificate: Certificate) -> ssl.SSLContext:
    """The context of a server with this certificate: TLS 1.2 or newer, with the ciphers that Python recommends.

    Raises:
        CertificateError: a file cannot be read, holds something else, or the key belongs to another certificate.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    files = certificate.chain if certificate.key is None else f"{certificate.chain} with the key {certificate.key}"
    try:
        context.load_cert_chain(certificate.chain, certificate.key, password=_no_password)
    except _LockedKey as error:
        raise CertificateError(
            f"The key of {certificate.chain} is locked by a password; a server that starts by itself needs one without."
        ) from error
    except ssl.SSLError as error:
        why = "the key belongs to another certificate" if "MISMATCH" in str(error.reason) else "it is not valid PEM"
        raise CertificateError(f"--tls-certfile: {files} cannot be used: {why} ({error.reason}).") from error
    except OSError as error:
        raise CertificateError(f"--tls-certfile: {files} cannot be read: {error.strerror}.") from error
    return context


class _LockedKey(Exception):
    """A key asks for a password."""


def _no_password() -> str:
    raise _LockedKey
