-- What has happened. The key begins with the time; there is no other index, so
-- that each event appends.
CREATE TABLE events (
    id         BYTEA PRIMARY KEY,
    type       TEXT  NOT NULL,
    actor_kind TEXT  NOT NULL,
    actor_id   TEXT  NOT NULL,
    actor_name TEXT  NOT NULL,
    object_id  TEXT  NOT NULL,
    user_id    TEXT  NOT NULL,
    client_id  TEXT  NOT NULL,
    data       TEXT  NOT NULL
);
