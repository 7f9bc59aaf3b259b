"""Virtual chip cards on a PC/SC reader, for pytest.

Needs the programs cancuoc and pcscd, the driver vsmartcard-vpcd, and pyscard. Copy this file beside
your tests. The fixture `card` is a reader without a card: lay one down with `card.insert("an")`.

A private pcscd is started when the tests begin and ended with them. Under
`cancuoc sim bench --control 127.0.0.1:0 --empty -- pytest` that bench is used instead.
"""

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

PATIENCE_MS = 10_000


def pytest_configure(config):
    """Starts the bench before any test module is imported: libpcsclite looks for the socket once."""
    config.bench = None
    if os.environ.get("CANCUOC_CONTROL") or not shutil.which("cancuoc"):
        return
    # Should pytest be killed, the bench ends by itself after an hour.
    command = ["cancuoc", "--quiet", "sim", "bench", "--empty"]
    command += ["--control", "127.0.0.1:0", "--seconds", "3600"]
    config.bench = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = config.bench.stdout.readline()
    if not line:
        raise pytest.UsageError("cancuoc sim bench does not start")
    bench = json.loads(line)
    os.environ["CANCUOC_CONTROL"] = bench["control"]
    os.environ["PCSCLITE_CSOCK_NAME"] = bench["socket"]


def pytest_unconfigure(config):
    if config.bench:
        config.bench.terminate()
        config.bench.wait()
        config.bench.stdout.close()


class Card:
    """A place on a reader, and the card that lies there or not."""

    def __init__(self, url):
        self.url = url
        self.reader = self.state()["reader"]

    def ask(self, method, what, body=None):
        """One request; docs/virtual-card.md lists them."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1/{what}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            error = json.load(refusal)["error"]
            raise ValueError(f"{error['code']}: {error['detail']}") from None

    def state(self):
        return self.ask("GET", "state")

    def insert(self, persona=None, **changes):
        """Lays a card down and waits until PC/SC sees it; faults=[...], quirks=[...], link=..."""
        if persona is not None:
            changes["persona"] = persona
        state = self.ask("POST", "insert", changes)
        self._wait_for("PRESENT")
        return state

    def remove(self):
        """Takes the card away and waits until PC/SC has noticed."""
        state = self.ask("POST", "remove")
        self._wait_for("EMPTY")
        return state

    def connect(self):
        """A connection of pyscard to the card."""
        from smartcard.System import readers

        (reader,) = [reader for reader in readers() if reader.name == self.reader]
        connection = reader.createConnection()
        connection.connect()
        return connection

    def _wait_for(self, what):
        from smartcard import scard

        wanted = getattr(scard, f"SCARD_STATE_{what}")
        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        try:
            known = scard.SCARD_STATE_UNAWARE
            while not known & wanted:
                places = [(self.reader, known)]
                result, places = scard.SCardGetStatusChange(context, PATIENCE_MS, places)
                if result != scard.SCARD_S_SUCCESS:
                    raise TimeoutError(f"{self.reader} is not {what}")
                known = places[0][1] & ~scard.SCARD_STATE_CHANGED
        finally:
            scard.SCardReleaseContext(context)


@pytest.fixture
def card():
    """A reader without a card; afterwards everything is as it was at first."""
    url = os.environ.get("CANCUOC_CONTROL")
    if not url:
        pytest.skip("cancuoc is not installed")
    place = Card(url)
    place.remove()
    place.ask("POST", "reset")
    yield place
    place.remove()
