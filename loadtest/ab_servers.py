"""Compares shapes of gunicorn behind the nginx of deploy/, and without it: answers a second, and latency at a fixed rate.

`python -m loadtest.ab_servers` measures on a scratch database beside DATABASE_URL and REDIS_URL; nginx comes from PATH and
listens on loopback. Shapes take turns, so that a busy minute does not decide; the table shows medians.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from loadtest.bench import ROOT, _run, scratch_database
from loadtest.latency import STATUS
from loadtest.latency import measure as latency_of
from loadtest.serving import gunicorn, per_second, request_of, wait_for
from tradeportal.embedded import free_port

TRADERS = 120


@dataclass(frozen=True, slots=True)
class Shape:
    kind: str
    workers: int
    threads: int

    @property
    def name(self) -> str:
        return f"{self.kind} {self.workers}" + (f"x{self.threads}" if self.kind == "gthread" else "")


SHAPES = (
    Shape("sync", 2, 1),
    Shape("sync", 3, 1),
    Shape("gthread", 1, 4),
    Shape("gthread", 2, 2),
    Shape("gthread", 2, 4),
    Shape("gthread", 3, 2),
)


def main() -> int:
    options = _options()
    if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
        print("DATABASE_URL and REDIS_URL say where to measure.", file=sys.stderr)
        return 2
    if not shutil.which("nginx"):
        print("No nginx on PATH: only gunicorn alone is measured.", file=sys.stderr)
    found: list[dict[str, Any]] = []
    with scratch_database(os.environ["DATABASE_URL"]) as environment, TemporaryDirectory() as directory:
        environment["VAR_DIR"] = directory
        _run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], environment)
        callers = Path(directory) / "callers.json"
        _run([sys.executable, "-m", "loadtest.seed", str(TRADERS), str(callers)], environment)
        tokens = [one["token"] for one in json.loads(callers.read_text(encoding="utf-8"))]
        for _ in range(options.rounds):
            for shape in SHAPES:
                for proxied in (False, True) if shutil.which("nginx") else (False,):
                    found.append(_measured(shape, tokens, options, environment, proxied=proxied))
                    print(json.dumps(found[-1]), flush=True)
    print(_table(found))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtest.ab_servers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement (5)")
    parser.add_argument("--rate", type=float, default=400.0, help="questions a second while latency is measured (400)")
    parser.add_argument("--callers", type=int, default=8, help="who ask without pause while answers are counted (8)")
    return parser.parse_args()


def _measured(
    shape: Shape, tokens: Sequence[str], options: argparse.Namespace, environment: dict[str, str], *, proxied: bool
) -> dict[str, Any]:
    requests = [
        request_of(f"/api/v1/{path}", {"Authorization": f"Bearer {token}"}) for token in tokens for path in STATUS
    ]
    settings = ["--config", "deploy/gunicorn.conf.py", "--worker-class", shape.kind]
    served = gunicorn(
        "tradeportal.wsgi", *settings, workers=shape.workers, threads=shape.threads, environment=environment
    )
    with served as behind, _nginx(behind) if proxied else nullcontext(behind) as bind:
        per_second(bind, requests, 200, 2.0, options.callers)  # so that all is kept, and every worker warm
        rate = per_second(bind, requests, 200, options.seconds, options.callers)
        found = asyncio.run(latency_of(bind, tokens, options.rate, options.seconds, with_tags=False)).told()
    return {"shape": shape.name, "nginx": proxied, "per_s": round(rate), **found}


@contextmanager
def _nginx(behind: str) -> Iterator[str]:
    """The product's own configuration, on a port of loopback and without certificates, before this server."""
    port = free_port()
    with TemporaryDirectory() as directory:
        home = Path(directory)
        home.chmod(0o755)
        (home / "nginx.conf").write_text(configuration(home, port, behind), encoding="utf-8")
        server = subprocess.Popen(["nginx", "-p", directory, "-c", str(home / "nginx.conf"), "-g", "daemon off;"])
        try:
            wait_for(f"http://127.0.0.1:{port}/api/v1/health/")
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)
            time.sleep(0.2)


def configuration(home: Path, port: int, behind: str) -> str:
    """deploy/nginx.conf in a frame of its own: what needs a certificate or would refuse a load test is left out."""
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"server \{\n    listen 80;.*?\n\}\n", "", text, flags=re.DOTALL)
    text = re.sub(r"^ *(ssl_|http2 |limit_req ).*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};").replace("server web:8000;", f"server {behind};")
    text = text.replace("/var/log/nginx", str(home)).replace("/var/cache/nginx", str(home))
    places = "".join(
        f"{kind}_temp_path {home}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    frame = (
        f"worker_processes 1;\npid {home}/pid;\nerror_log {home}/error.log;\nevents {{ worker_connections 1024; }}\n"
    )
    return f"{frame}http {{\n{places}{text}}}\n"


def _table(found: Sequence[dict[str, Any]]) -> str:
    lines = [
        f"{'shape':<14}{'nginx':<7}{'answers/s':>10}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'p99.9 ms':>10}{'failed':>8}"
    ]
    for shape, proxied in dict.fromkeys((one["shape"], one["nginx"]) for one in found):
        rows = [one for one in found if (one["shape"], one["nginx"]) == (shape, proxied)]
        of = {name: median(one[name] for one in rows) for name in ("per_s", "p50", "p95", "p99", "p99.9")}
        failed = sum(one["failed"] for one in rows)
        lines.append(
            f"{shape:<14}{'yes' if proxied else 'no':<7}{of['per_s']:>10,.0f}{of['p50']:>9.1f}{of['p95']:>9.1f}"
            f"{of['p99']:>9.1f}{of['p99.9']:>10.1f}{failed:>8}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
