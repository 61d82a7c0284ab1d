-- What each target (the SCIM base URL) has asked for last: until when nothing is to be sent to it, and how far the pace
-- was lowered. The next process honours it, also after a kill. The times are those of the database's clock.
CREATE TABLE paces (
    target          TEXT   PRIMARY KEY,
    held_until_ms   BIGINT NOT NULL,
    held_for_ms     BIGINT NOT NULL,          -- how long that was: a clock that was set back must not make it longer
    slowed_us       BIGINT,                   -- the time between two requests; NULL unless the pace was lowered
    full_us         BIGINT,                   -- the same once the pace has risen again
    at_ms           BIGINT NOT NULL
);
