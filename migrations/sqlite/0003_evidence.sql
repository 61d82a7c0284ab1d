-- Which run looked at a user again, why a run stopped, and a quick way from a job to its undo.

-- The run that last looked at this user again. Runs are numbered in the order in which they begin, so
-- this says what was looked at in one verification, and what happened before it, whatever the clock
-- of the machine says.
ALTER TABLE users ADD COLUMN verified_run INTEGER REFERENCES runs (number);
UPDATE users SET verified_run = (
    SELECT max(number) FROM runs
    WHERE runs.job = users.job AND kind IN ('verify', 'run')
          AND started_at_ms <= users.verified_at_ms)
WHERE verified IS NOT NULL;

ALTER TABLE runs ADD COLUMN stopped TEXT; -- why it stopped early, in words; NULL if it did not

CREATE INDEX jobs_by_parent ON jobs (parent) WHERE parent IS NOT NULL;
