"""Examples of a question are of their day. What asks now has a time, an id and a number of its own, and
comes from a device and for a procedure that the tests' server knows."""

import base64
import datetime
import secrets

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    body = case.body
    # An example, unchanged: what was made up to be wrong stays wrong.
    if not isinstance(body, dict) or body.get("device") != "quay-3":
        return
    purpose = body.get("purpose")
    if not isinstance(purpose, dict) or purpose.get("procedure") != "1.004222":
        return
    fresh = {key: value for key, value in body.items() if key != "signature"}
    now = datetime.datetime.now(datetime.timezone.utc)
    fresh["asked_at"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    fresh["id"] = secrets.token_hex(16)
    fresh["nonce"] = base64.b64encode(secrets.token_bytes(16)).decode()
    fresh["purpose"] = {**purpose, "procedure": "residence"}
    case.body = fresh
