"""A page of old, played by python-socketio: prints what it hears, a line of JSON for each event.

client.py ADDRESS [--auth TOKEN] [--origin ORIGIN] [--transport polling|websocket]

Lines on standard input: `key TEXT` tells a key, `emit CHANNEL JSON` anything else, `quit` ends.
"""

import argparse
import json
import sys
import threading

import socketio

# Every event is heard on a thread of its own.
one_line_at_a_time = threading.Lock()


def say(channel, data=None):
    with one_line_at_a_time:
        sys.stdout.write(json.dumps({"channel": channel, "data": data}, ensure_ascii=False) + "\n")
        sys.stdout.flush()


arguments = argparse.ArgumentParser()
arguments.add_argument("address")
arguments.add_argument("--auth")
arguments.add_argument("--origin")
arguments.add_argument("--transport")
chosen = arguments.parse_args()

# The WebSocket below adds an Origin of its own, unless it is told not to.
own = {"suppress_origin": True} if chosen.origin else {}
page = socketio.Client(reconnection=False, websocket_extra_options=own)
page.on("connect", lambda: say("connect"))
page.on("disconnect", lambda reason=None: say("disconnect"))
page.on("connect_error", lambda data=None: say("connect_error", data))
page.on("*", lambda event, *data: say(event, data[0] if data else None))

try:
    page.connect(
        chosen.address,
        headers={"Origin": chosen.origin} if chosen.origin else {},
        auth={"token": chosen.auth} if chosen.auth else None,
        transports=[chosen.transport] if chosen.transport else None,
        wait_timeout=20,
    )
except socketio.exceptions.ConnectionError as error:
    say("refused", str(error))
    sys.exit(0)

for line in sys.stdin:
    word, _, rest = line.rstrip("\n").partition(" ")
    if word == "key":
        page.emit("/key", rest)
    elif word == "emit":
        channel, _, data = rest.partition(" ")
        page.emit(channel, json.loads(data))
    else:
        break
# Over polling the farewell goes out on a thread of its own, which ends with this program.
writing = page.eio.write_loop_task
page.disconnect()
if writing:
    writing.join(timeout=20)
