"""A certificate for Kakao's own host names, so that a client with hard-coded URLs can be pointed here."""

from __future__ import annotations

import os
import ssl
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from .certificates import HOSTS, make_certificate, pem

RENEWAL = timedelta(days=30)
CA_FILE, SERVER_FILE = "kakao-emulator-ca.pem", "kakao-emulator-server.pem"


def tls_context(folder: Path) -> ssl.SSLContext:
    """Give the server's TLS settings with the certificate in `folder`, made there if it is missing, old or broken.

    Its key, the certificate and the authority are one file, replaced as a whole; the authority's own file is
    a copy for clients. So two emulators that start at once in one folder end with one pair. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server_file = folder / SERVER_FILE
    context = _load(server_file)
    if context is None:
        _write(server_file, make_certificate(), first_wins=not os.path.lexists(server_file))
    _publish_authority(folder)
    return context or tls_context(folder)


def hosts_lines(address: str) -> str:
    """Give the lines for the hosts file that lead Kakao's names here. Nobody but a person puts them there."""
    return "\n".join(f"{address} {host}" for host in HOSTS)


def _load(server_file: Path) -> ssl.SSLContext | None:
    """Give settings with this file, or None if it is missing, nearly over, or its parts do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        certificate, ca = x509.load_pem_x509_certificates(server_file.read_bytes())
        certificate.verify_directly_issued_by(ca)
        context.load_cert_chain(server_file)
    except (FileNotFoundError, ValueError, TypeError, InvalidSignature, ssl.SSLError):
        return None
    return context if certificate.not_valid_after_utc - datetime.now(timezone.utc) > RENEWAL else None


def _publish_authority(folder: Path) -> None:
    """Copy the authority out of the server's file, again until nobody has replaced that file meanwhile."""
    served = b""
    while served != (now_served := (folder / SERVER_FILE).read_bytes()):
        served = now_served
        _write(folder / CA_FILE, pem(x509.load_pem_x509_certificates(served)[1]))


def _write(file: Path, content: bytes, *, first_wins: bool = False) -> None:
    """Put a file in its place as a whole; a link there is replaced, not followed."""
    handle, part = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    Path(part).chmod(0o600 if b"PRIVATE KEY" in content else 0o644)
    if not first_wins:
        Path(part).replace(file)
        return
    with suppress(FileExistsError):
        os.link(part, file)
    Path(part).unlink()
