"""TLS with the certificate and the host name checked, or a connection that is not made at all.

There is no third way: a file that cannot be read, a certificate that does not verify, a server that
speaks no TLS are errors, and files for TLS beside a URL without it are one too, because whoever set
them believes that nobody can listen. Each error is one line that says which file, or what the other
side holds against ours.

The files are read when a client is made, so that a wrong one is named, and by redis-py at every
connect. redis-py's asyncio keeps what it has read for the life of a connection object; `failed`
tells who has to make a new client (a certificate was renewed under the same name).
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from giveway.errors import ConfigurationError, StoreMisconfigured
from giveway.store.access import Access
from giveway.store.address import Address

_OPTIONS: Final = {
    "ssl_ca_certs": "redis_ca_file",
    "ssl_certfile": "redis_cert_file",
    "ssl_keyfile": "redis_key_file",
}

# What OpenSSL's verification says (X509_V_ERR_…).
_EXPIRED: Final = (10,)
_NOT_YET: Final = (9,)
_OTHER_HOST: Final = (62, 64)
_UNKNOWN_CA: Final = (2, 18, 19, 20, 21)
_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")


@dataclass(frozen=True, slots=True)
class _File:
    option: str  # redis-py's
    setting: str  # what the user has set
    path: Path


def _files(address: Address, access: Access) -> tuple[_File, ...]:
    found = {option: _File(option, f"?{option}=", Path(path)) for option, path in address.tls_files}
    given = (access.ca_file, access.cert_file, access.key_file)
    for (option, setting), path in zip(_OPTIONS.items(), given, strict=True):
        if path is not None:
            found[option] = _File(option, setting, path)
    return tuple(found.values())


def check_settings(address: Address, access: Access) -> None:
    """Raises `ConfigurationError` for files that would do nothing, or not what was meant."""
    files = _files(address, access)
    if access.ca_pem is not None and not address.tls:
        raise ConfigurationError(
            "CA certificates are given, but the Redis URL asks for no TLS: write rediss://"
        )
    if files and not address.tls:
        raise ConfigurationError(
            f"{files[0].setting} is set, but the Redis URL asks for no TLS: write rediss://"
        )
    names = {one.option: one.setting for one in files}
    if "ssl_keyfile" in names and "ssl_certfile" not in names:
        raise ConfigurationError(
            f"{names['ssl_keyfile']} is set without a certificate: set redis_cert_file too"
        )


def options(address: Address, access: Access) -> dict[str, Any]:
    """What redis-py is given. Raises `StoreMisconfigured` naming a file that does not do."""
    if not address.tls:
        return {}
    files = {one.option: one for one in _files(address, access)}
    for one in files.values():
        _check_readable(one)
    _check_usable(files)
    trust = {} if access.ca_pem is None else {"ssl_ca_data": _checked_pem(access.ca_pem)}
    paths = {option: str(one.path) for option, one in files.items()}
    return {"ssl_cert_reqs": "required", "ssl_check_hostname": True, **trust, **paths}


def _checked_pem(text: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (OSError, ValueError):  # a ValueError: it is no ASCII
        raise StoreMisconfigured(
            "the CA certificates given hold no certificate in PEM format"
        ) from None
    return text


def _check_readable(file: _File) -> None:
    try:
        file.path.read_bytes()
    except OSError as error:
        raise StoreMisconfigured(
            f"{file.setting} {file.path} cannot be read: {error.strerror}"
        ) from None


def _check_usable(files: dict[str, _File]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority, certificate = files.get("ssl_ca_certs"), files.get("ssl_certfile")
    key = files.get("ssl_keyfile", certificate)
    if authority is not None:
        try:
            context.load_verify_locations(authority.path)
        except OSError:
            raise StoreMisconfigured(
                f"{authority.setting} {authority.path} holds no certificate in PEM format"
            ) from None
    if certificate is not None and key is not None:
        try:
            # A password is never asked for: nobody sits at a worker's terminal.
            context.load_cert_chain(certificate.path, key.path, password=lambda: "")
        except OSError:
            raise StoreMisconfigured(
                f"{certificate.setting} {certificate.path} and its key in {key.path} do not fit: "
                "a certificate and its unencrypted key in PEM format are needed"
            ) from None


# -- what went wrong ----------------------------------------------------------------------------


def failed(error: BaseException) -> bool:
    """Whether TLS itself failed: with other files, or another server, it may succeed."""
    return any(isinstance(one, ssl.SSLError) for one in _chain(error))


def explain(error: BaseException) -> str | None:
    """What somebody has to mend, as the end of "Redis at … "; None: nothing about TLS."""
    for one in _chain(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return _unverified(one)
        if isinstance(one, ssl.SSLError) and one.reason:
            return _refused(one.reason)
        if "Protocol Error" in str(one) and r"\x15" in repr(str(one)):
            return "speaks TLS only: write rediss://"
    return None


def _unverified(error: ssl.SSLCertVerificationError) -> str:
    code = error.verify_code
    if code in _EXPIRED:
        return "shows a certificate that has expired: renew it"
    if code in _NOT_YET:
        return "shows a certificate that is not valid yet: compare the clocks"
    if code in _OTHER_HOST:
        return "shows a certificate for another host: use the name that stands in it"
    if code in _UNKNOWN_CA:
        return "shows a certificate of an unknown authority: set redis_ca_file"
    return f"shows a certificate that does not verify ({error.verify_message})"


def _refused(reason: str) -> str | None:
    if reason in _NO_TLS:
        return "does not speak TLS, and nothing is sent in plain text: is that its TLS port?"
    if "CERTIFICATE_REQUIRED" in reason or reason == "SSLV3_ALERT_HANDSHAKE_FAILURE":
        return "wants a client certificate: set redis_cert_file and redis_key_file"
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        said = reason.partition("ALERT_")[2].replace("_", " ").lower()
        return f"refuses our certificate ({said}): look at redis_cert_file"
    if "EOF" in reason:
        return None  # cut in the middle: worth another try
    return f"could not agree on TLS ({reason.replace('_', ' ').lower()})"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
