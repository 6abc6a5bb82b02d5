# The portal as one image: web server by default, worker with another command. Servers come from the environment.
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --require-hashes -r requirements.txt
COPY . .
# Collecting needs settings but no servers; the secret is used for nothing and stays in this stage.
RUN SECRET_KEY=only-for-collecting EMBEDDED_SERVERS=false VAR_DIR=/srv/portal /venv/bin/python manage.py collectstatic --no-input

FROM python:3.12-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 EMBEDDED_SERVERS=false VAR_DIR=/srv/portal WEB_CONCURRENCY=2
RUN useradd --system --uid 10001 portal
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY --from=build /srv/portal /srv/portal
USER portal
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/api/v1/health/', timeout=2)"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py"]
