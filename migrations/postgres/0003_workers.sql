-- What workers need: jobs that were handed over to them, and a lease that can be renewed in the middle of a transaction
-- of its holder.

-- With this index the token is a part of a key. A transaction of the holder locks the row FOR KEY SHARE: whoever changes
-- the token waits for it, and a renewal, which does not change the key, goes on meanwhile.
CREATE UNIQUE INDEX targets_by_token ON targets (target, token);

-- Jobs that were planned, confirmed, and handed over to the workers. A row goes with its job.
CREATE TABLE orders (
    job           BIGINT PRIMARY KEY REFERENCES jobs (number),
    state         TEXT   NOT NULL CHECK (state IN ('waiting', 'done', 'stopped', 'cancelled')),
    why           TEXT,                       -- of a job that waits for another try, was stopped or cancelled
    confirmed     BIGINT NOT NULL,            -- the number of users that a person has confirmed
    terms         TEXT   NOT NULL,            -- JSON object: what the person who ordered it has decided
    host          TEXT   NOT NULL,            -- where it was ordered
    operator      TEXT   NOT NULL,            -- the user of the operating system there
    ordered_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    not_before_ms BIGINT NOT NULL DEFAULT 0,  -- by the clock of the database
    tries         BIGINT NOT NULL DEFAULT 0   -- that a worker had to give up, since the last one that got on
);
CREATE INDEX orders_waiting ON orders (ordered_at_ms) WHERE state = 'waiting';
