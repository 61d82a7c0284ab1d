# The steps of `.ci/run` by name: `just lint`. `just` alone lists them.

_list:
    @just --list

# Everything, as CI does it.
ci:
    .ci/run

# Installs what the tests need.
tools:
    .ci/run tools

# Checks the formatting.
format:
    .ci/run format

# Checks the files for Compose and Kubernetes.
deploy:
    .ci/run deploy

# Runs clippy with warnings as errors.
lint:
    .ci/run lint

# Checks the crates against deny.toml.
deny:
    .ci/run deny

# Builds the documentation with warnings as errors.
doc:
    .ci/run doc

# Compiles all tests.
build:
    .ci/run build

# Runs the unit tests.
unit:
    .ci/run unit

# Runs the tests on the real program, and the examples in the documentation.
program:
    .ci/run program

# Runs README's demo.
demo:
    .ci/run demo

# Builds the image with the release build in it, and tests it. `tests/image/build` compiles in the image instead.
image:
    .ci/run image

# Runs the benchmark: `just bench`, `just bench 1000000`, `just bench --rounds 1 10000`.
bench *ARGUMENTS:
    cargo bench --locked --bench durability -- {{ARGUMENTS}}

# Measures the program beside a Python loop and beside `parallel` with `curl`: README's table.
bench-scripts *ARGUMENTS:
    cargo build --profile dist --locked
    python3 benches/scripts/compare.py {{ARGUMENTS}}

# Makes anew what documents show: outputs and tables by their tests, the pictures by real runs.
docs:
    cargo build --release --locked
    docs/recording/make
    INSTA_UPDATE=always cargo test --locked --test it documents::
    git status --short README.md docs

# Builds the book of `docs` into target/book; compiles mdbook first, if it is not installed.
book:
    .ci/run book

# Makes the files of a release into target/packages: `just release`, or some steps: `just release parts deb`.
release *STEPS:
    deploy/release {{STEPS}}

# Installs the Debian package of `just release` in a clean Debian, uses it, and removes it. Needs root.
test-deb:
    tests/packages/deb target/packages/*.deb

# Accepts the new text of snapshots, where a test compares one.
snapshots *FILTER:
    INSTA_UPDATE=always cargo test --locked {{FILTER}}
    git status --short '*.snap'
