-- The ledger in PostgreSQL: what was asked, who was asked for, and everything that happened. The tables and their
-- columns are those of the SQLite ledger as its newest migration leaves them.
--
-- Times are milliseconds since 1970-01-01T00:00:00Z. Yes and no are 1 and 0. JSON is kept as the text that was
-- written: what is hashed must never be spelled anew. The words in CHECK lists are those of reports.

-- One roster, one change, one target.
CREATE TABLE jobs (
    number         BIGINT PRIMARY KEY,
    id             TEXT   NOT NULL UNIQUE,
    key            TEXT   NOT NULL,           -- SHA-256 of target, change and roster digest
    target         TEXT   NOT NULL,           -- the SCIM base URL
    change         TEXT   NOT NULL,
    roster_path    TEXT   NOT NULL,
    roster_digest  TEXT   NOT NULL,           -- SHA-256 of the file's bytes
    roster_header  TEXT   NOT NULL,           -- JSON array: the roster's column names
    lines          BIGINT NOT NULL,           -- records in the roster
    users          BIGINT NOT NULL,           -- distinct valid users: the number to confirm
    created_at_ms  BIGINT NOT NULL,
    parent         BIGINT REFERENCES jobs (number), -- of an undo: the job that it takes back
    planned_at_ms  BIGINT,                    -- NULL until the plan is whole
    plan_digest    TEXT,                      -- SHA-256 over all lines of the plan
    to_write       BIGINT,                    -- users whom the plan writes: the number to confirm
    looked_up      TEXT,                      -- JSON: how the users were looked up
    list_position  TEXT,                      -- JSON: how far a walk through the user list has come
    canary_at_ms   BIGINT,                    -- when the first users were seen to be as wanted
    ids            TEXT CHECK (ids IN ('exact', 'ignore-case')), -- how the provider compares ids
    reading        TEXT,                      -- JSON object: how the roster was read, and by which profile
    retries        BIGINT NOT NULL DEFAULT 0,
    retry_to_write BIGINT,                    -- these four are NULL unless a retry is confirmed and not at its end
    retry_active   BIGINT,
    retry_disabled BIGINT,
    retry_run      BIGINT,
    claimed_to     BIGINT NOT NULL DEFAULT 0  -- the greatest line that was ever claimed or in doubt
);
CREATE INDEX jobs_by_key ON jobs (key);
CREATE INDEX jobs_by_parent ON jobs (parent) WHERE parent IS NOT NULL;

-- The lease of a target: one runner at a time works on a target, so that there is one pace for each tenant. Each new
-- holder has a greater token. A transaction that writes to a job locks the row and compares the token, so that a
-- runner that has lost its lease stores nothing more.
CREATE TABLE targets (
    target  TEXT PRIMARY KEY,                 -- the SCIM base URL
    token   BIGINT      NOT NULL,
    holder  TEXT        NOT NULL,             -- for people
    mark    TEXT,                             -- tells the process from all others of its machine, if it can
    ends_at TIMESTAMPTZ NOT NULL              -- by the clock of the database
);

-- One process working on a job, from start to stop: `plan` looks users up, `run` writes, `verify` looks again.
CREATE TABLE runs (
    number        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            TEXT   NOT NULL UNIQUE,
    job           BIGINT NOT NULL REFERENCES jobs (number),
    host          TEXT   NOT NULL,
    pid           BIGINT NOT NULL,
    account       TEXT   NOT NULL,            -- signed in as
    version       TEXT   NOT NULL,            -- of the program
    started_at_ms BIGINT NOT NULL,
    ended_at_ms   BIGINT,                     -- NULL while it runs
    ending        TEXT,                       -- how it ended
    kind          TEXT   NOT NULL DEFAULT 'run' CHECK (kind IN ('plan', 'run', 'verify')),
    operator      TEXT,                       -- the user of the operating system
    actor_id      TEXT,                       -- the account's own id at the provider
    tenant        TEXT,                       -- the provider's id of the tenant
    ticket        TEXT,
    reason        TEXT,
    approver      TEXT,
    settings      TEXT,                       -- JSON object: what was set, without secrets
    requests      BIGINT,
    throttled     BIGINT,                     -- answers that asked for fewer requests
    result        TEXT,                       -- JSON object: what a verification counted
    stopped       TEXT                        -- why it stopped early, in words; NULL if it did not
);
CREATE INDEX runs_by_job ON runs (job);

-- One row for each roster line: the present state of the user whom it names. Columns that name a run refer to no
-- table: for each run that is pruned, PostgreSQL would look for it among all rows.
CREATE TABLE users (
    number              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job                 BIGINT NOT NULL REFERENCES jobs (number),
    line                BIGINT NOT NULL,
    user_id             TEXT,                 -- NULL until a name is resolved, or if the line names nobody
    user_key            TEXT,                 -- user_id in the form in which spellings are equal
    name_key            TEXT,                 -- the roster's user name in that form, where there is no id
    cells               TEXT   NOT NULL,      -- JSON array: the roster's own columns
    goal                TEXT,                 -- JSON: what this user is to have, where the change does not say
    status              TEXT   NOT NULL CHECK (status IN (
                            'removed', 'restored', 'already', 'protected', 'not_found', 'invalid',
                            'duplicate', 'failed', 'in_doubt', 'claimed', 'pending')),
    reason              TEXT,
    detail              TEXT,
    attempts            BIGINT NOT NULL DEFAULT 0,
    http_status         BIGINT,
    request_id          TEXT,
    user_name           TEXT,
    display_name        TEXT,
    before_at_ms        BIGINT,               -- when the user was last seen before the first write
    active_before       BIGINT,
    workspaces_before   TEXT,                 -- JSON array of workspace ids
    active_after        BIGINT,
    workspaces_after    TEXT,                 -- JSON array of workspace ids
    first_attempt_at_ms BIGINT,
    done_at_ms          BIGINT,
    confirmed_at_ms     BIGINT,
    confirmed_by        TEXT CHECK (confirmed_by IN ('body', 'reread')),
    verified_at_ms      BIGINT,
    verified            TEXT CHECK (verified IN ('confirmed', 'drifted', 'gone', 'unread')),
    verified_detail     TEXT,
    event_hash          TEXT,                 -- of the last event that changed where the line stands
    run                 BIGINT,               -- the last run that touched the row
    verified_run        BIGINT,               -- the run that last looked at this user again
    effect              TEXT   NOT NULL DEFAULT 'none' CHECK (effect IN ('none', 'maybe', 'part')),
    sent                BIGINT NOT NULL DEFAULT 0, -- writes that left, or may have, over all runs
    roster_name         TEXT,                 -- the user name or address that the roster gives
    addresses           TEXT,                 -- JSON array: e-mail addresses, as the provider shows them
    shown_name          TEXT,                 -- `userName` as the provider showed it last
    is_open             BIGINT CHECK (is_open = 1) -- 1 while a run has something to do for the line, then NULL
) WITH (fillfactor = 70);                     -- each row is changed a few times: there is room beside it
CREATE UNIQUE INDEX users_by_line ON users (job, line);
CREATE INDEX users_by_key ON users (job, user_key);
CREATE INDEX users_by_name ON users (job, name_key) WHERE name_key IS NOT NULL;
CREATE INDEX users_open ON users (job, line) WHERE is_open = 1;
CREATE INDEX users_closed ON users (job, status, line) WHERE is_open IS NULL;
CREATE INDEX users_verified ON users (job, verified, line) WHERE verified IS NOT NULL;

-- Everything that happened, in order. Never changed, never deleted, but with a job that was pruned. The number grows
-- within a job: all who write to a job lock it first.
CREATE TABLE events (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job    BIGINT NOT NULL REFERENCES jobs (number),
    run    BIGINT,
    line   BIGINT,                            -- NULL for what concerns the whole job
    at_ms  BIGINT NOT NULL,
    kind   TEXT   NOT NULL,
    body   TEXT   NOT NULL,                   -- JSON object
    seq    BIGINT,                            -- the place in the job's chain, from 1
    hash   TEXT                               -- SHA-256 over the hash before and this event's text
);
CREATE INDEX events_by_job ON events (job, number);
CREATE UNIQUE INDEX events_by_place ON events (job, seq);

-- What is left of a job that was pruned: that it was there, and how its chain ended.
CREATE TABLE pruned (
    job          BIGINT PRIMARY KEY,
    id           TEXT   NOT NULL UNIQUE,
    key          TEXT   NOT NULL,
    events       BIGINT NOT NULL,
    head         TEXT,
    pruned_at_ms BIGINT NOT NULL
);

-- It finds the tables of the ledger whoever calls it, with whatever search path.
CREATE FUNCTION events_are_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM pruned WHERE pruned.job = OLD.job) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'events are append-only';
END
$$;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_are_append_only();
CREATE TRIGGER events_are_never_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only();

-- What a look-up has found of lines that several users may fit: by name, or by an id that differs in case.
-- Which of them is meant is decided once the look-up is whole; then the rows go.
CREATE TABLE candidates (
    job          BIGINT NOT NULL REFERENCES jobs (number),
    line         BIGINT NOT NULL,
    user_id      TEXT COLLATE "C" NOT NULL,   -- as the provider spells it
    is_exact     BIGINT NOT NULL,             -- 1 if the roster spells the id just so
    user_name    TEXT,
    display_name TEXT,
    addresses    TEXT,                        -- JSON array
    active       BIGINT,                      -- NULL if it was not shown
    workspaces   TEXT,                        -- JSON array; NULL if they were not shown
    seen_at_ms   BIGINT NOT NULL,
    PRIMARY KEY (job, line, user_id)
);

-- The lines of a plan in pages, in their order, each with the SHA-256 of what the plan says of them.
CREATE TABLE plan_pages (
    job       BIGINT NOT NULL REFERENCES jobs (number),
    last_line BIGINT NOT NULL,
    digest    TEXT   NOT NULL,
    PRIMARY KEY (job, last_line)
);
