# Seatrial as an image, for a CI that starts containers and for people without Python:
#   docker build --tag seatrial https://HOST/OWNER/seatrial.git#COMMIT
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" seatrial validate
# Its packages are those of locks/, each checked by its hash. docs/maintainers.md says what lint needs in a container.
ARG BASE=docker.io/library/python:3.12-slim
FROM ${BASE}

RUN apt-get update -qq \
    && apt-get install -qq -y --no-install-recommends bubblewrap git \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/seatrial
COPY LICENSE README.md pyproject.toml tasks.py ./
COPY locks locks
COPY templates templates
COPY scripts scripts
RUN scripts/setup.sh .venv . \
    && .venv/bin/python -m compileall -q scripts \
    && mkdir --mode=1777 /cache

# Whoever runs it may have no home; a volume at /cache keeps verdicts and environments from run to run.
ENV PATH=/opt/seatrial/.venv/bin:$PATH HOME=/cache SEATRIAL_CACHE=/cache
VOLUME /cache
WORKDIR /work
ENTRYPOINT ["seatrial"]
