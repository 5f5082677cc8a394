FROM python:3.11-slim-bookworm AS packages
WORKDIR /portal
COPY requirements.txt .
RUN python -m venv /opt/portal && /opt/portal/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/portal/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 STATIC_ROOT=/portal/static-collected
WORKDIR /portal
COPY --from=packages /opt/portal /opt/portal
COPY . .
# The demo mode only for these two commands: they need settings, but no server and no secret.
RUN export PORTAL_MODE=demo SECRET_KEY=only-while-building INVITATION_KEYS=build:0000000000000000000000000000000000000000000000000000000000000000 SECOND_FACTOR_KEYS=build:0000000000000000000000000000000000000000000000000000000000000000 \
    && python manage.py compile_translations \
    && python manage.py collectstatic --noinput \
    && useradd --system --uid 10001 portal
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["gunicorn", "reseller_portal.wsgi", "--bind=0.0.0.0:8000", "--workers=2", "--threads=4", "--worker-class=gthread", "--worker-tmp-dir=/dev/shm"]
