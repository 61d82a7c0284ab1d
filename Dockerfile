# The two base images, with the full version of each. A digest fixes the bytes as well: append it to the tag, as in
# `debian:13.8-slim@sha256:…`; `docker buildx imagetools inspect NAME` prints it. None is here, because a digest can
# only be taken from a registry, and the image was built and tested without one (see tests/image/build).
ARG RUST_IMAGE=docker.io/library/rust:1.95.0-slim-trixie
ARG DEBIAN_IMAGE=docker.io/library/debian:13.8-slim

# This base has cargo, gcc and the headers of libc: SQLite and the TLS library are compiled from C.
FROM ${RUST_IMAGE} AS build
WORKDIR /src
# Dependencies are a layer of their own: they are built again only when the lock file changes.
COPY Cargo.toml Cargo.lock build.rs ./
RUN mkdir -p src benches \
    && echo 'fn main() {}' | tee src/main.rs benches/durability.rs >/dev/null \
    && touch src/lib.rs \
    && cargo build --profile dist --locked
COPY config config
COPY migrations migrations
COPY src src
# The stand-ins are older than what was built from them: touching makes cargo look again.
RUN touch src/main.rs src/lib.rs && cargo build --profile dist --locked

FROM ${DEBIAN_IMAGE}
LABEL org.opencontainers.image.title="offboard" \
      org.opencontainers.image.description="Removes the access of thousands of users over SCIM 2.0, survives interruption, and proves what it did" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
# TLS is checked against the system's roots: without them every request would fail.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home offboard \
    && install -d -o offboard -g offboard /data
COPY --from=build /src/target/dist/offboard /usr/local/bin/offboard
# As a number: Kubernetes cannot look up a name to see that it is not root (`runAsNonRoot`).
USER 10001:10001
# Roster, ledger and reports: what is not in a volume is gone with the container.
VOLUME /data
WORKDIR /data
# In this form the program is process 1 and gets SIGTERM itself: it drains, and exits with 143.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/offboard"]
CMD ["--help"]
