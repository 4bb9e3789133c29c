"""A certificate for Kakao's own host names, so that a client with hard-coded URLs can be pointed here."""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from .certificates import HOSTS, make_certificate, pem

RENEWAL = timedelta(days=30)
CA_FILE, SERVER_FILE = "kakao-emulator-ca.pem", "kakao-emulator-server.pem"
LOCK_FILE, LOCK_SECONDS = "kakao-emulator.lock", 10


def tls_context(folder: Path) -> ssl.SSLContext:
    """Give the server's TLS settings with the certificate in `folder`, made there if it is missing, old or broken.

    Key, certificate and authority are one file, and the authority's own file is a copy of it for clients. Only
    one emulator at a time looks and makes, so those that start at once end with one pair. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server_file = folder / SERVER_FILE
    with _alone_in(folder):
        if not _is_good(server_file):
            _write(server_file, make_certificate())
        _, ca = x509.load_pem_x509_certificates(server_file.read_bytes())
        _write(folder / CA_FILE, pem(ca))
        return _load(server_file)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold a file that others wait for. One that is old was left by a process that died."""
    lock = folder / LOCK_FILE
    while True:
        try:
            lock.touch(exist_ok=False)
            break
        except FileExistsError:
            with suppress(FileNotFoundError):
                if time.time() - lock.stat().st_mtime > LOCK_SECONDS:
                    lock.unlink()
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def hosts_lines(address: str) -> str:
    """Give the lines for the hosts file that lead Kakao's names here. Nobody but a person puts them there."""
    return "\n".join(f"{address} {host}" for host in HOSTS)


def _load(server_file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(server_file)
    return context


def _is_good(server_file: Path) -> bool:
    """Say whether the file is there, its parts fit, and its certificate is not nearly over."""
    try:
        certificate, ca = x509.load_pem_x509_certificates(server_file.read_bytes())
        certificate.verify_directly_issued_by(ca)
        _load(server_file)
    except (FileNotFoundError, ValueError, TypeError, InvalidSignature, ssl.SSLError):
        return False
    return certificate.not_valid_after_utc - datetime.now(timezone.utc) > RENEWAL


def _write(file: Path, content: bytes) -> None:
    """Put a file in its place as a whole; a link there is replaced, not followed."""
    handle, part = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    Path(part).chmod(0o600 if b"PRIVATE KEY" in content else 0o644)
    Path(part).replace(file)
