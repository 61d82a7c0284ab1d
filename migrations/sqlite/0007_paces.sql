-- What each target (the SCIM base URL) has asked for last: until when nothing is to be sent to it, and how far the pace
-- was lowered. The next process honours it, also after a kill.
CREATE TABLE paces (
    target          TEXT    PRIMARY KEY,
    held_until_ms   INTEGER NOT NULL,
    held_for_ms     INTEGER NOT NULL,         -- how long that was: a clock that was set back must not make it longer
    slowed_us       INTEGER,                  -- the time between two requests; NULL unless the pace was lowered
    full_us         INTEGER,                  -- the same once the pace has risen again
    at_ms           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
