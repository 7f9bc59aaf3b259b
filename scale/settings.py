"""What is said to etcd, to Patroni and through it to PostgreSQL. docs/scale.md has the reasons."""

import secrets
from pathlib import Path

SCOPE = "registry"

# Where Debian has PostgreSQL's programs, one folder a version.
PROGRAMS = Path("/usr/lib/postgresql")

POSTGRES, REST, ETCD, ETCD_PEER = 5432, 8008, 2379, 2380


def programs():
    """The folder of the newest PostgreSQL installed."""
    found = [path for path in PROGRAMS.glob("*/bin") if (path / "initdb").exists()]
    if not found:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    return max(found, key=lambda path: int(path.parent.name))


def layout(folder, network, nodes, members, ttl):
    """Addresses and secrets of a new cluster.

    The addresses are of 127.0.0.0/8, all of which is this machine: a node is 127.A.B.N, and what the
    others see of it is 127.A.B.(100+N). So every port can be the usual one, and no program on this
    machine that asks for a free port can have taken it.
    """
    first = ".".join(network)
    names = [f"n{number}" for number in range(1, nodes + 1)]
    etcd = {f"e{number}": f"{first}.{20 + number}" for number in range(1, members + 1)}
    cluster = {
        "folder": str(folder),
        "programs": str(programs()),
        "ttl": ttl,
        "control": [f"{first}.250", 4000],
        "nodes": {},
        "etcd": etcd,
        "links": [],
        "passwords": {who: secrets.token_hex(16) for who in ("superuser", "replication", "rewind", "registry")},
    }
    for number, name in enumerate(names, 1):
        inside, outside, way = f"{first}.{number}", f"{first}.{100 + number}", f"{first}.{150 + number}"
        to_etcd = [[way, ETCD + 10 * at] for at in range(members)]
        cluster["nodes"][name] = {
            "inside": inside,
            "outside": outside,
            # Its own member of etcd first, if there is one.
            "etcd": to_etcd[number - 1 :] + to_etcd[: number - 1],
        }
        cluster["links"] += [
            {"kind": "postgres", "node": name, "listen": [outside, POSTGRES], "to": [inside, POSTGRES]},
            {"kind": "rest", "node": name, "listen": [outside, REST], "to": [inside, REST]},
        ]
        cluster["links"] += [
            {"kind": "etcd", "node": name, "listen": listen, "to": [address, ETCD]}
            for listen, address in zip(to_etcd, etcd.values())
        ]
    hosts = ",".join(f"{node['outside']}:{POSTGRES}" for node in cluster["nodes"].values())
    secret = cluster["passwords"]["registry"]
    cluster["url"] = f"postgres://registry:{secret}@{hosts}/registry?target_session_attrs=read-write"
    return cluster


def etcd(cluster, name):
    """The command of one etcd member."""
    address = cluster["etcd"][name]
    peers = ",".join(f"{other}=http://{at}:{ETCD_PEER}" for other, at in cluster["etcd"].items())
    return [
        "etcd",
        f"--name={name}",
        f"--data-dir={cluster['folder']}/{name}",
        f"--listen-client-urls=http://{address}:{ETCD}",
        f"--advertise-client-urls=http://{address}:{ETCD}",
        f"--listen-peer-urls=http://{address}:{ETCD_PEER}",
        f"--initial-advertise-peer-urls=http://{address}:{ETCD_PEER}",
        f"--initial-cluster={peers}",
        f"--initial-cluster-token={SCOPE}",
        "--initial-cluster-state=new",
        # Twice the default: three members and three databases share one disk here.
        "--heartbeat-interval=200",
        "--election-timeout=2000",
        "--log-level=warn",
        "--logger=zap",
    ]


def rules(cluster):
    """Who may connect (pg_hba.conf): with a password, from this machine."""
    return [
        "local all all scram-sha-256",
        "host replication replication 127.0.0.0/8 scram-sha-256",
        "host all all 127.0.0.0/8 scram-sha-256",
    ]


def patroni(cluster, name):
    """The configuration of one node, as JSON, which is YAML too."""
    node, secret, ttl = cluster["nodes"][name], cluster["passwords"], cluster["ttl"]
    # A leader that cannot renew its lock gives up before the lock ends: ttl >= loop_wait + 2 * retry_timeout.
    loop_wait = max(1, ttl // 5)
    retry_timeout = (ttl - loop_wait) // 2
    parameters = {
        "max_connections": 100,
        "max_wal_senders": 10,
        "max_replication_slots": 10,
        "wal_level": "replica",
        "hot_standby": "on",
        "wal_log_hints": "on",
        "wal_keep_size": "256MB",
        "shared_buffers": "64MB",
        # A lost standby is noticed, and another one waited for, before clients give up.
        "wal_sender_timeout": "5s",
        "wal_receiver_timeout": "5s",
        "wal_receiver_status_interval": "1s",
        "wal_retrieve_retry_interval": "500ms",
        "synchronous_commit": "on",
        "password_encryption": "scram-sha-256",
        "unix_socket_directories": "",
        "log_line_prefix": "%m [%p] %q%a ",
    }
    return {
        "scope": SCOPE,
        "name": name,
        "restapi": {
            "listen": f"{node['inside']}:{REST}",
            "connect_address": f"{node['outside']}:{REST}",
        },
        "etcd3": {
            "hosts": [f"{address}:{port}" for address, port in node["etcd"]],
            # The members' own addresses would lead around the links that can be cut.
            "use_proxies": True,
        },
        "bootstrap": {
            "dcs": {
                "ttl": ttl,
                "loop_wait": loop_wait,
                "retry_timeout": retry_timeout,
                "maximum_lag_on_failover": 1048576,
                # A write is acknowledged when two nodes have it; with one node left nothing is written.
                "synchronous_mode": True,
                "synchronous_mode_strict": True,
                # A leader whose PostgreSQL died is not waited for.
                "primary_start_timeout": 0,
                "postgresql": {
                    "use_pg_rewind": True,
                    "remove_data_directory_on_rewind_failure": True,
                    "remove_data_directory_on_diverged_timelines": True,
                    "parameters": parameters,
                },
            },
            "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"],
            "pg_hba": rules(cluster),
        },
        "postgresql": {
            "listen": f"{node['inside']}:{POSTGRES}",
            "connect_address": f"{node['outside']}:{POSTGRES}",
            "data_dir": f"{cluster['folder']}/{name}",
            "bin_dir": cluster["programs"],
            "pgpass": f"{cluster['folder']}/run/{name}.pgpass",
            "pg_hba": rules(cluster),
            "authentication": {
                # sslmode: the first message must be the one that names the node (network.py).
                who: {"username": who, "password": secret[who], "sslmode": "disable"}
                for who in ("superuser", "replication", "rewind")
            },
            "basebackup": [{"checkpoint": "fast"}],
        },
        # A machine of its own has a watchdog: docs/scale.md, "Two leaders".
        "watchdog": {"mode": "off"},
        "log": {"level": "INFO"},
    }
