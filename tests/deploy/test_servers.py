"""What deploy/ says to nginx and gunicorn is understood by them, and fits together."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.programs import NGINX
from loadtest.ab_servers import configuration
from tradeportal.local import ROOT

CONFIGURATION = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")


def test_nginx_understands_its_configuration(tmp_path: Path) -> None:
    nginx = NGINX.find()
    if nginx is None:
        pytest.skip(NGINX.hint)
    file = tmp_path / "nginx.conf"
    file.write_text(configuration(tmp_path, 8099, "127.0.0.1:8098"), encoding="utf-8")
    tried = subprocess.run(
        [nginx, "-t", "-p", str(tmp_path), "-c", str(file)], capture_output=True, text=True, check=False
    )
    assert tried.returncode == 0, tried.stderr


def test_a_measured_nginx_differs_only_in_what_a_test_cannot_have() -> None:
    measured = configuration(Path("/somewhere"), 8099, "127.0.0.1:8098")
    assert "limit_req " not in measured and "ssl_" not in measured and "listen 80;" not in measured
    kept = re.findall(r"^ +(?:gzip|proxy|client|keepalive)\w* .*;$", CONFIGURATION, re.MULTILINE)
    assert len(kept) > 15 and all(line in measured for line in kept)


def test_gunicorn_understands_its_configuration_and_outlasts_nginx() -> None:
    program = (
        "import sys, gunicorn.app.wsgiapp as app; sys.argv = ['gunicorn', '--config', 'deploy/gunicorn.conf.py'];"
        "cfg = app.WSGIApplication('%(prog)s').cfg; print(cfg.worker_class_str, cfg.threads, cfg.keepalive, cfg.timeout)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    kind, threads, keepalive, timeout = told.stdout.split()
    assert (kind, int(threads)) == ("gthread", 2)
    assert int(keepalive) > seconds("keepalive_timeout"), "or gunicorn closes what nginx is about to use"
    assert seconds("proxy_read_timeout") > int(timeout), "or nginx gives up on an answer that is still computed"


def seconds(setting: str) -> int:
    """The first one: of connections to the portal."""
    found = re.search(rf"^ *{setting} (\d+)s;", CONFIGURATION, re.MULTILINE)
    assert found, f"{setting} is in deploy/nginx.conf"
    return int(found[1])
