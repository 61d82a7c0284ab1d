# syntax=docker/dockerfile:1
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Dependencies are a layer of their own: they are built again only when the lock file changes.
COPY Cargo.toml Cargo.lock build.rs ./
RUN mkdir -p src benches \
    && echo 'fn main() {}' | tee src/main.rs benches/durability.rs >/dev/null \
    && touch src/lib.rs \
    && cargo build --release --locked
COPY config config
COPY migrations migrations
COPY src src
# The stand-ins are older than what was built from them: touching makes cargo look again.
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

FROM debian:bookworm-slim
# TLS is checked against the system's roots: without them every request would fail.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home offboard \
    && install -d -o offboard -g offboard /data
COPY --from=build /src/target/release/offboard /usr/local/bin/offboard
USER offboard
# Roster, ledger and reports: what is not in a volume is gone with the container.
VOLUME /data
WORKDIR /data
# In this form the program is process 1 and gets SIGTERM itself: it drains, and exits with 143.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/offboard"]
CMD ["--help"]
