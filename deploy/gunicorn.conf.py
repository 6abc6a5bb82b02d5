"""How gunicorn serves the portal: `gunicorn --config deploy/gunicorn.conf.py`. Decision 39 says how this was chosen.

What differs between machines comes from gunicorn's own variables and options: WEB_CONCURRENCY for the number of workers, --bind.
SIGHUP reloads without refusing anybody: new workers start, the old ones finish what they do.
"""

from pathlib import Path

wsgi_app = "tradeportal.wsgi"
bind = "0.0.0.0:8000"
worker_class = "gthread"
threads = 2
# A worker that hangs is replaced; one that is told to stop has so long to finish what it does. nginx waits longer than both.
timeout = 60
graceful_timeout = 35
# Longer than nginx keeps a quiet connection to it (deploy/nginx.conf), so that never the server closes one that is about to be used.
keepalive = 75
# Each worker ends after so many answers, not all at once, so that memory that something holds on to is given back.
max_requests = 100_000
max_requests_jitter = 10_000
# No heartbeat file on a disk that may be slow.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True
# Filters and cursors make addresses long; nginx takes no longer ones either.
limit_request_line = 8_190
limit_request_fields = 64
