# The web app, small and without rights: docker compose up, or
#   docker build -t posetune . && docker run --read-only --tmpfs /tmp -v posetune:/data -p 127.0.0.1:8000:8000 -e POSETUNE_TOKEN posetune
# Stock lite and full are fetched at build; others are mounted: -v ./pose.task:/networks/pose.task … posetune --model /networks/pose.task
FROM python:3.11-slim AS build
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY src src
# Of a worker of jobs: --build-arg EXTRAS=scale (deploy/kubernetes)
ARG EXTRAS=serve
RUN python -m venv /opt/posetune && /opt/posetune/bin/pip install --no-cache-dir --constraint constraints.txt ".[${EXTRAS}]"
ENV POSETUNE_CACHE=/opt/posetune/cache
RUN /opt/posetune/bin/posetune models fetch lite full && /opt/posetune/bin/pip uninstall --yes pip

FROM python:3.11-slim
COPY --from=build /opt/posetune /opt/posetune
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin posetune && install -d -o 10001 -g 10001 -m 700 /data
ENV PATH=/opt/posetune/bin:$PATH POSETUNE_CACHE=/opt/posetune/cache PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["posetune", "serve", "--host", "0.0.0.0", "--port", "8000", "--data-dir", "/data"]
