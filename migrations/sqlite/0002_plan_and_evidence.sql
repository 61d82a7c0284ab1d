-- The plan (what each user has before anything is written), who ran what and why, what was seen
-- afterwards, and the chain that holds the events together.

-- The plan of a job. Until `planned_at_ms` is set it is not whole.
ALTER TABLE jobs ADD COLUMN parent INTEGER REFERENCES jobs (number); -- of an undo: the job that it takes back
ALTER TABLE jobs ADD COLUMN planned_at_ms INTEGER;
ALTER TABLE jobs ADD COLUMN plan_digest TEXT;    -- SHA-256 over all lines of the plan
ALTER TABLE jobs ADD COLUMN to_write INTEGER;    -- users whom the plan writes: the number to confirm
ALTER TABLE jobs ADD COLUMN looked_up TEXT;      -- JSON: how the users were looked up
ALTER TABLE jobs ADD COLUMN list_position TEXT;  -- JSON: how far a walk through the user list has come
ALTER TABLE jobs ADD COLUMN canary_at_ms INTEGER; -- when the first users were seen to be as wanted

-- A process working on a job: `plan` looks users up, `run` writes, `verify` looks again.
ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'run' CHECK (kind IN ('plan', 'run', 'verify'));
ALTER TABLE runs ADD COLUMN operator TEXT;   -- the user of the operating system
ALTER TABLE runs ADD COLUMN actor_id TEXT;   -- the account's own id at the provider
ALTER TABLE runs ADD COLUMN tenant TEXT;     -- the provider's id of the tenant
ALTER TABLE runs ADD COLUMN ticket TEXT;
ALTER TABLE runs ADD COLUMN reason TEXT;
ALTER TABLE runs ADD COLUMN approver TEXT;
ALTER TABLE runs ADD COLUMN settings TEXT;   -- JSON object: what was set, without secrets
ALTER TABLE runs ADD COLUMN requests INTEGER;
ALTER TABLE runs ADD COLUMN throttled INTEGER; -- answers that asked for fewer requests
ALTER TABLE runs ADD COLUMN result TEXT;     -- JSON object: what a verification counted

-- SQLite changes no CHECK in place: the table is made anew with a state and columns more.
CREATE TABLE users_with_plan (
    number              INTEGER PRIMARY KEY,
    job                 INTEGER NOT NULL REFERENCES jobs (number),
    line                INTEGER NOT NULL,
    user_id             TEXT,                 -- NULL until a name is resolved, or if the line names nobody
    user_key            TEXT,                 -- user_id in the form in which spellings are equal
    name_key            TEXT,                 -- the roster's user name in that form, where there is no id
    cells               TEXT    NOT NULL,     -- JSON array: the roster's own columns
    goal                TEXT,                 -- JSON: what this user is to have, where the change does not say
    status              TEXT    NOT NULL CHECK (status IN (
                            'removed', 'restored', 'already', 'protected', 'not_found', 'invalid',
                            'duplicate', 'failed', 'in_doubt', 'claimed', 'pending')),
    reason              TEXT,
    detail              TEXT,
    attempts            INTEGER NOT NULL DEFAULT 0,
    http_status         INTEGER,
    request_id          TEXT,
    user_name           TEXT,
    display_name        TEXT,
    before_at_ms        INTEGER,              -- when the user was last seen before the first write
    active_before       INTEGER,
    workspaces_before   TEXT,                 -- JSON array of workspace ids
    active_after        INTEGER,
    workspaces_after    TEXT,                 -- JSON array of workspace ids
    first_attempt_at_ms INTEGER,
    done_at_ms          INTEGER,
    confirmed_at_ms     INTEGER,
    confirmed_by        TEXT CHECK (confirmed_by IN ('body', 'reread')),
    verified_at_ms      INTEGER,
    verified            TEXT CHECK (verified IN ('confirmed', 'drifted', 'gone', 'unread')),
    verified_detail     TEXT,
    event_hash          TEXT,                 -- of the last event that changed where the line stands
    run                 INTEGER REFERENCES runs (number) -- the last run that touched the row
) STRICT;
INSERT INTO users_with_plan (
    number, job, line, user_id, user_key, cells, status, reason, detail, attempts, http_status,
    request_id, user_name, display_name, active_after, workspaces_after, first_attempt_at_ms,
    done_at_ms, confirmed_at_ms, confirmed_by, run)
SELECT
    number, job, line, user_id, user_key, cells, status, reason, detail, attempts, http_status,
    request_id, user_name, display_name, active_after, workspaces_after, first_attempt_at_ms,
    done_at_ms, confirmed_at_ms, confirmed_by, run
FROM users;
DROP TABLE users;
ALTER TABLE users_with_plan RENAME TO users;
CREATE UNIQUE INDEX users_by_line ON users (job, line);
CREATE INDEX users_by_key ON users (job, user_key);
CREATE INDEX users_by_name ON users (job, name_key) WHERE name_key IS NOT NULL;

-- The chain: SHA-256 over the hash before and this event's text. Events of before have neither.
ALTER TABLE events ADD COLUMN seq INTEGER;       -- the place in the job's chain, from 1
ALTER TABLE events ADD COLUMN hash TEXT;
CREATE INDEX events_by_job ON events (job, number);

-- What is left of a job that was pruned: that it was there, and how its chain ended.
CREATE TABLE pruned (
    job          INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    key          TEXT    NOT NULL,
    events       INTEGER NOT NULL,
    head         TEXT,
    pruned_at_ms INTEGER NOT NULL
) STRICT;

DROP TRIGGER events_are_never_deleted;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
WHEN NOT EXISTS (SELECT 1 FROM pruned WHERE pruned.job = OLD.job)
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;

-- As before: a job has very many users and events.
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('users', 'users_by_line', '1000000 200000 1'),
    ('users', 'users_by_key', '1000000 200000 2'),
    ('users', 'users_by_name', '1000000 200000 2'),
    ('events', 'events_by_job', '3000000 600000 1'),
    ('runs', 'runs_by_job', '100 10'),
    ('jobs', 'jobs_by_key', '100 2');
ANALYZE sqlite_schema;
