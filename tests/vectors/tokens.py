#!/usr/bin/env python3
"""The device token once more, from the standard library alone: what Rust, C and the authorizer must agree with.

    tokens.py           prints the vectors, which are kept in tokens.tsv
    tokens.py --check   fails unless tokens.tsv is just that
"""

import base64
import hashlib
import hmac
import pathlib
import struct
import sys


def device_key(fleet_key: bytes, device_id: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) without a salt: one block of output is all that 32 bytes need."""
    extracted = hmac.digest(bytes(32), fleet_key, hashlib.sha256)
    return hmac.digest(extracted, b"motepost-device-key-v1" + device_id + b"\x01", hashlib.sha256)


def mint(key: bytes, device_id: bytes, kind: int, value: int) -> str:
    freshness = struct.pack(">BI", kind, value)
    mac = hmac.digest(key, b"motepost-token-v1" + freshness + device_id, hashlib.sha256)
    return base64.urlsafe_b64encode(freshness + mac[:16]).decode()


FLEET_KEYS = [bytes(32), bytes(range(32)), b"\xff" * 32]
# A part of another, longer than a block of SHA-256, not ASCII, not even text in one encoding's eyes.
DEVICE_IDS = ["a", "uniqueID", "uniqueID2", "x" * 128, "Zürich-Süd", "设备"]
# The kinds, and values at the edges of a byte, of a sign and of the type.
FRESHNESS = [(kind, value) for kind in (1, 2) for value in (0, 1, 255, 256, 1_790_000_000, 2**31, 2**32 - 1)]


def vectors() -> str:
    lines = ["# fleet key\tdevice id\tdevice key\tkind\tvalue\ttoken; keys in hex. Made by tokens.py."]
    for fleet_key in FLEET_KEYS:
        for device_id in DEVICE_IDS:
            key = device_key(fleet_key, device_id.encode())
            for kind, value in FRESHNESS:
                token = mint(key, device_id.encode(), kind, value)
                lines.append("\t".join([fleet_key.hex(), device_id, key.hex(), str(kind), str(value), token]))
    return "\n".join(lines) + "\n"


if sys.argv[1:] == ["--check"]:
    kept = pathlib.Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8")
    sys.exit(0 if kept == vectors() else "tokens.tsv is not what tokens.py makes")
sys.stdout.buffer.write(vectors().encode())
