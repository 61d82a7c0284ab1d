-- Who is meant, and what the writes of a job may have done.

-- How the provider compares ids: NULL in a job that was loaded when case was always ignored.
ALTER TABLE jobs ADD COLUMN ids TEXT CHECK (ids IN ('exact', 'ignore-case'));
-- JSON object: how the roster was read (columns, encoding, delimiter), and by which profile. NULL in a job
-- that was loaded before this was kept.
ALTER TABLE jobs ADD COLUMN reading TEXT;
-- The latest retry: users whom it writes (the number to confirm), those of them who are active, and users
-- whom the job had disabled before. They are NULL unless the retry is
-- confirmed and not yet at its end.
ALTER TABLE jobs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN retry_to_write INTEGER;
ALTER TABLE jobs ADD COLUMN retry_active INTEGER;
ALTER TABLE jobs ADD COLUMN retry_disabled INTEGER;
ALTER TABLE jobs ADD COLUMN retry_run INTEGER;              -- the run that began to write it

ALTER TABLE users ADD COLUMN effect TEXT NOT NULL DEFAULT 'none'
    CHECK (effect IN ('none', 'maybe', 'part')); -- what writes may have done; looks renew `before` only if 'none'
ALTER TABLE users ADD COLUMN sent INTEGER NOT NULL DEFAULT 0; -- writes that left, or may have, over all runs
ALTER TABLE users ADD COLUMN roster_name TEXT;   -- the user name or address that the roster gives
ALTER TABLE users ADD COLUMN addresses TEXT;     -- JSON array: e-mail addresses, as the provider shows them

UPDATE users SET effect = 'part' WHERE first_attempt_at_ms IS NOT NULL;
UPDATE users SET effect = 'maybe' WHERE status IN ('claimed', 'in_doubt');
UPDATE users SET sent = told.writes FROM (
    SELECT job, line, count(*) AS writes FROM events
    WHERE kind = 'ended' AND body ->> 'kind' = 'write'
          AND body ->> 'verdict' NOT IN ('throttled', 'unauthorized')
          AND (body ->> 'status' IS NOT NULL OR body ->> 'verdict' = 'uncertain')
       OR kind = 'released' AND body ->> 'why' IN (
              'the run that was writing this user died before an answer was recorded',
              'the run was stopped while a request was under way')
          AND body ->> 'in_doubt' = 1
    GROUP BY job, line) AS told
WHERE users.job = told.job AND users.line = told.line;

-- What a look-up has found of lines that several users may fit: by name, or by an id that differs in case.
-- Which of them is meant is decided once the look-up is whole; then the rows go.
CREATE TABLE candidates (
    job          INTEGER NOT NULL REFERENCES jobs (number),
    line         INTEGER NOT NULL,
    user_id      TEXT    NOT NULL,            -- as the provider spells it
    is_exact     INTEGER NOT NULL,            -- 1 if the roster spells the id just so
    user_name    TEXT,
    display_name TEXT,
    addresses    TEXT,                        -- JSON array
    active       INTEGER,                     -- NULL if it was not shown
    workspaces   TEXT,                        -- JSON array; NULL if they were not shown
    seen_at_ms   INTEGER NOT NULL,
    PRIMARY KEY (job, line, user_id)
) STRICT, WITHOUT ROWID;
