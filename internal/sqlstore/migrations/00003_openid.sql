-- What an application or a grant has beyond the common is one JSON text, '' or
-- '{}' for most, so that the rows of tokens stay small.
ALTER TABLE clients ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
ALTER TABLE grants ADD COLUMN details TEXT NOT NULL DEFAULT '';

-- The number makes one node of many win who makes the next key.
ALTER TABLE signing_keys ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX signing_keys_by_number ON signing_keys (algorithm, number);

-- A device that waits for its user (RFC 8628). Rows live for minutes.
CREATE TABLE device_requests (
    device_code   BYTEA  PRIMARY KEY,
    user_code     TEXT   NOT NULL UNIQUE,
    client_id     TEXT   NOT NULL,
    scopes        TEXT   NOT NULL,
    nonce         TEXT   NOT NULL,
    resources     TEXT   NOT NULL,
    status        TEXT   NOT NULL,
    grant_id      BYTEA  NOT NULL,
    user_id       TEXT   NOT NULL,
    session_id    TEXT   NOT NULL,
    auth_time     BIGINT NOT NULL,
    authorized_at BIGINT NOT NULL,
    poll_interval BIGINT NOT NULL,
    polled_at     BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX device_requests_by_expiry ON device_requests (expires_at);

-- Tokens without a grant that were revoked, until they would have expired.
CREATE TABLE revoked_tokens (
    id         BYTEA  PRIMARY KEY,
    expires_at BIGINT NOT NULL
) /*CLUSTERED*/;

-- Applications that registered themselves and were deleted: their ids are signed
-- statements that would otherwise be good again.
CREATE TABLE deleted_clients (
    client_id TEXT PRIMARY KEY
);
