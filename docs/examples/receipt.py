"""A backend's check of a receipt, without cancuoc: python3 with the package cryptography.

    python3 receipt.py RECEIPT.json DEVICE_SHA256 NONCE ORIGIN

What a receipt is: docs/agent.md, "What a backend can rely on"; what is signed: docs/report.md, "Signed reports".
"""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


class Refused(Exception):
    """Why the receipt is worth nothing."""


def once(pairs):
    """An object in which no name stands twice: two programs would understand it in two ways."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("a name stands twice")
    return members


def check(text, device, nonce, origin):
    """What the receipt says, where it is this device's word about this very read of a genuine card."""
    try:
        receipt = json.loads(text, object_pairs_hook=once)
        signature = receipt["signature"]
        value = base64.b64decode(signature.pop("value"), validate=True)
        info = base64.b64decode(signature["public_key"], validate=True)
        # The key in the receipt counts only because the backend knows its digest from elsewhere.
        if hashlib.sha256(info).hexdigest() != device or signature["algorithm"] != "ES256" or len(value) != 64:
            raise Refused("another device's")
        # Everything but signature.value, in the canonical form of RFC 8785: all names are ASCII, all numbers integers.
        signed = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        r, s = int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big")
        key = serialization.load_der_public_key(info)
        key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, KeyError, TypeError, AttributeError, ValueError) as error:
        raise Refused("the signature does not hold") from error
    expected = {"schema": "cancuoc.receipt/1", "nonce": nonce, "origin": origin, "verdict": "genuine"}
    for name, wanted in expected.items():
        if receipt.get(name) != wanted:
            raise Refused(f"{name} is not what it should be")
    return receipt


if __name__ == "__main__":
    try:
        said = check(open(sys.argv[1], encoding="utf-8").read(), *sys.argv[2:5])
    except Refused as why:
        sys.exit(f"refused: {why}")
    print("a virtual card, for tests only" if said.get("virtual") else "holds", said["read_at"], said["sod_sha256"])
