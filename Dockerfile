# One image for the workers, beat and migrations of compose.yaml; each service names its command.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src

# Dependencies first, so that a change of our code alone does not fetch them again.
COPY requirements.lock requirements-runtime.lock ./
RUN python -m venv /opt/transpacific
RUN /opt/transpacific/bin/pip install --require-hashes --only-binary :all: -r requirements-runtime.lock

# The build backend, at the lock's version and hashes; it stays behind in this stage.
RUN sed -n '/^setuptools==/,/[^\\]$/p' requirements.lock > build-backend.lock
RUN pip install --require-hashes --only-binary :all: -r build-backend.lock

COPY pyproject.toml README.md LICENSE ./
COPY ingest ingest
COPY store store
COPY worker worker
COPY admin admin
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist .
RUN /opt/transpacific/bin/pip install --no-deps --no-index dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin transpacific
COPY --from=build /opt/transpacific /opt/transpacific
ENV PATH=/opt/transpacific/bin:$PATH PYTHONUNBUFFERED=1
USER transpacific
# Nothing is written outside of /tmp: compose.yaml mounts the rest read-only.
WORKDIR /tmp
CMD ["transpacific", "--help"]
