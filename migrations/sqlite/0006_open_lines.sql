-- What is left of a job, how its lines ended, and whether its plan is the one that was made are found without
-- reading all its lines.

-- 1 while a run has something to do for the line (pending, claimed, in doubt), then NULL. It changes once for most
-- users, and `status` changes with each step. So a claim changes neither of the two indexes below.
ALTER TABLE users ADD COLUMN is_open INTEGER CHECK (is_open = 1);
UPDATE users SET is_open = 1 WHERE status IN ('pending', 'claimed', 'in_doubt');
-- The column is in its own indexes, so that lines are counted without reading them.
CREATE INDEX users_open ON users (job, line, is_open) WHERE is_open = 1;
CREATE INDEX users_closed ON users (job, status, line, is_open) WHERE is_open IS NULL;

-- What verifications have found.
CREATE INDEX users_verified ON users (job, verified, line) WHERE verified IS NOT NULL;

-- The greatest line that was ever claimed or in doubt, 0 if none was. Users are claimed in the order of their lines,
-- so each open user behind it is pending, and was never written.
ALTER TABLE jobs ADD COLUMN claimed_to INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET claimed_to = coalesce((SELECT max(line) FROM users WHERE users.job = jobs.number), 0);

-- The lines of a plan in pages, in their order, each with the SHA-256 of what the plan says of them. The digest of
-- the plan covers these digests, so that a page can be checked alone, right before its users are claimed.
CREATE TABLE plan_pages (
    job       INTEGER NOT NULL REFERENCES jobs (number),
    last_line INTEGER NOT NULL,
    digest    TEXT    NOT NULL,
    PRIMARY KEY (job, last_line)
) STRICT, WITHOUT ROWID;

-- As before: a job has very many lines. Of its lines few are open in the end, and they end in few ways.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('users', 'users_open', '100000 20000 1 1'),
    ('users', 'users_closed', '900000 180000 20000 1 1'),
    ('users', 'users_verified', '900000 180000 40000 1');
ANALYZE sqlite_schema;
