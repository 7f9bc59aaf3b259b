"""The network between the nodes of a cluster on one machine, which can be cut.

Everything that a node of the cluster says to another machine, or another machine to it, goes through
one of the links of this process: the node's way to every etcd member, and everybody's way to its
PostgreSQL and to Patroni's REST interface. To cut a node is to stop passing octets on all of them.
Nothing is closed and nothing refused, as when a cable is pulled: whoever waits, waits until its own
time limit. What was on the way is delivered when the node is back, as TCP would.

A standby of a cut node reads from the leader through the leader's link, not its own. Its connection is
known by the application_name in PostgreSQL's startup message, which Patroni sets to the node's name.

    network.py DIR/cluster.json [--while PID]

reads the links from that file and listens for commands, one a line, on the address named there:
`cut NODE`, `heal NODE`, `cut-off`; each answered by a line. With --while it stops the whole cluster
when the process PID is there no more, so that nothing outlives a test that was killed.
"""

import asyncio
import json
import struct
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from processes import identity  # noqa: E402

CHUNK = 65536

# PostgreSQL's startup message: a four-octet length that counts itself, then protocol version 3.0,
# then names and values, each ended by a zero octet.
LARGEST_STARTUP = 10_000
PROTOCOL_3 = 196608

# How often the process that the cluster was started for is looked at, in seconds.
LOOK = 1.0


class Network:
    """The links, and which nodes are cut off."""

    def __init__(self, names):
        self.open = {name: asyncio.Event() for name in names}
        for event in self.open.values():
            event.set()

    def command(self, line):
        """Does what one line of the control connection says, and gives the answer."""
        words = line.split()
        if words == ["cut-off"]:
            return " ".join(name for name, event in self.open.items() if not event.is_set())
        if len(words) == 2 and words[1] in self.open:
            if words[0] == "cut":
                self.open[words[1]].clear()
                return "ok"
            if words[0] == "heal":
                self.open[words[1]].set()
                return "ok"
        return "not understood"

    async def passable(self, owners):
        """Waits until no owner of a connection is cut off."""
        while not all(self.open[owner].is_set() for owner in owners):
            for owner in owners:
                await self.open[owner].wait()


async def first_message(reader):
    """The first message of a PostgreSQL client, and the application_name in it."""
    head = await reader.readexactly(8)
    length, version = struct.unpack("!II", head)
    if version != PROTOCOL_3 or not 8 <= length <= LARGEST_STARTUP:
        # A question for TLS or the cancelling of a query: neither names anybody.
        return head, None
    rest = await reader.readexactly(length - 8)
    words = [word.decode("utf-8", "replace") for word in rest.split(b"\0")]
    named = dict(zip(words[::2], words[1::2]))
    return head + rest, named.get("application_name")


async def pump(network, owners, reader, writer):
    """Passes octets one way until the sender closes."""
    try:
        while data := await reader.read(CHUNK):
            await network.passable(owners)
            writer.write(data)
            await writer.drain()
        await network.passable(owners)
        writer.write_eof()
    except (ConnectionError, OSError):
        pass


async def connection(network, link, reader, writer):
    """Carries one connection over one link."""
    far = None
    try:
        owners, first = {link["node"]}, b""
        if link["kind"] == "postgres":
            first, name = await first_message(reader)
            if name in network.open:
                owners.add(name)
        await network.passable(owners)
        back, far = await asyncio.open_connection(*link["to"])
        far.write(first)
        ways = [
            asyncio.create_task(pump(network, owners, reader, far)),
            asyncio.create_task(pump(network, owners, back, writer)),
        ]
        # A side that is gone for good (killed) takes the other with it.
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(ways, timeout=LOOK)
        for way in ways:
            way.cancel()
    except (ConnectionError, OSError, asyncio.IncompleteReadError):
        pass
    finally:
        for end in (writer, far):
            if end is not None:
                end.close()


async def control(network, reader, writer):
    """Answers the commands of one control connection."""
    while line := await reader.readline():
        writer.write((network.command(line.decode("ascii", "replace")) + "\n").encode())
        await writer.drain()
    writer.close()


async def outlive(pid, folder):
    """Stops the cluster when the process is gone."""
    known = identity(pid)
    while known is not None and identity(pid) == known:
        await asyncio.sleep(LOOK)
    program = Path(__file__).resolve().with_name("cluster")
    subprocess.Popen([sys.executable, program, "stop", folder], start_new_session=True)


async def run(file, pid):
    """Opens every link and serves until it is ended."""
    cluster = json.loads(Path(file).read_text())
    network = Network(cluster["nodes"])
    for link in cluster["links"]:

        async def carry(reader, writer, link=link):
            await connection(network, link, reader, writer)

        await asyncio.start_server(carry, *link["listen"])

    async def obey(reader, writer):
        await control(network, reader, writer)

    await asyncio.start_server(obey, *cluster["control"])
    if pid is not None:
        await outlive(pid, str(Path(file).parent))
    await asyncio.Event().wait()


if __name__ == "__main__":
    watched = int(sys.argv[3]) if sys.argv[2:3] == ["--while"] else None
    asyncio.run(run(sys.argv[1], watched))
