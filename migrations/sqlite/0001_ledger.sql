-- The ledger: what was asked, who was asked for, and everything that happened.
-- Times are milliseconds since 1970-01-01T00:00:00Z. The words in CHECK lists are those of reports.

PRAGMA application_id = 0x6F66626C; -- "ofbl": tells a ledger from any other SQLite file

-- One roster, one change, one target.
CREATE TABLE jobs (
    number        INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    key           TEXT    NOT NULL,           -- SHA-256 of target, change and roster digest
    target        TEXT    NOT NULL,           -- the SCIM base URL
    change        TEXT    NOT NULL,
    roster_path   TEXT    NOT NULL,
    roster_digest TEXT    NOT NULL,           -- SHA-256 of the file's bytes
    roster_header TEXT    NOT NULL,           -- JSON array: the roster's column names
    lines         INTEGER NOT NULL,           -- records in the roster
    users         INTEGER NOT NULL,           -- distinct valid users: the number to confirm
    created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_by_key ON jobs (key);

-- One process working on a job, from start to stop.
CREATE TABLE runs (
    number        INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    job           INTEGER NOT NULL REFERENCES jobs (number),
    host          TEXT    NOT NULL,
    pid           INTEGER NOT NULL,
    account       TEXT    NOT NULL,           -- signed in as
    version       TEXT    NOT NULL,           -- of the program
    started_at_ms INTEGER NOT NULL,
    ended_at_ms   INTEGER,                    -- NULL while it runs
    ending        TEXT                        -- how it ended
) STRICT;
CREATE INDEX runs_by_job ON runs (job);

-- One row for each roster line: the present state of the user whom it names.
CREATE TABLE users (
    number              INTEGER PRIMARY KEY,
    job                 INTEGER NOT NULL REFERENCES jobs (number),
    line                INTEGER NOT NULL,
    user_id             TEXT,                 -- NULL if the line names nobody
    user_key            TEXT,                 -- user_id in the form in which spellings are equal
    cells               TEXT    NOT NULL,     -- JSON array: the roster's own columns
    status              TEXT    NOT NULL CHECK (status IN (
                            'removed', 'already', 'protected', 'not_found', 'invalid',
                            'duplicate', 'failed', 'in_doubt', 'claimed', 'pending')),
    reason              TEXT,
    detail              TEXT,
    attempts            INTEGER NOT NULL DEFAULT 0,
    http_status         INTEGER,
    request_id          TEXT,
    user_name           TEXT,
    display_name        TEXT,
    active_after        INTEGER,
    workspaces_after    TEXT,                 -- JSON array of workspace ids
    first_attempt_at_ms INTEGER,
    done_at_ms          INTEGER,
    confirmed_at_ms     INTEGER,
    confirmed_by        TEXT CHECK (confirmed_by IN ('body', 'reread')),
    run                 INTEGER REFERENCES runs (number) -- the last run that touched the row
) STRICT;
CREATE UNIQUE INDEX users_by_line ON users (job, line);
CREATE INDEX users_by_key ON users (job, user_key);

-- Everything that happened, in order. Never changed, never deleted.
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    job    INTEGER NOT NULL REFERENCES jobs (number),
    run    INTEGER REFERENCES runs (number),
    line   INTEGER,                           -- NULL for what concerns the whole job
    at_ms  INTEGER NOT NULL,
    kind   TEXT    NOT NULL,
    body   TEXT    NOT NULL                   -- JSON object
) STRICT;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;

-- What the query planner is to assume, since an empty ledger gives it nothing to measure: a job has
-- very many users and events. Without this it takes (job = ?) for nearly unique, and reads all
-- users of a job for each batch of outcomes.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('users', 'users_by_line', '1000000 200000 1'),
    ('users', 'users_by_key', '1000000 200000 2'),
    ('runs', 'runs_by_job', '100 10'),
    ('jobs', 'jobs_by_key', '100 2');
ANALYZE sqlite_schema;
