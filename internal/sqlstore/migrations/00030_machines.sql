-- Programs that speak for themselves. A secret key is found by its hash, and shown
-- to operators again from what is sealed.
CREATE TABLE machines (
    id            TEXT   PRIMARY KEY,
    name          TEXT   NOT NULL,
    default_ttl   BIGINT NOT NULL, -- of its tokens, in seconds
    secret        BYTEA  NOT NULL UNIQUE,
    sealed_secret BYTEA  NOT NULL,
    old_secret    BYTEA  UNIQUE,
    old_until     BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX machines_by_creation ON machines (created_at, id);

-- Which machine may call which.
CREATE TABLE machine_scopes (
    from_id    TEXT   NOT NULL,
    to_id      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (from_id, to_id)
) /*CLUSTERED*/;
CREATE INDEX machine_scopes_by_target ON machine_scopes (to_id);

-- Opaque tokens of machines. Ids begin with the time. What a machine asks for
-- again is found by the print of claims and scopes.
CREATE TABLE m2m_tokens (
    id             BYTEA  PRIMARY KEY,
    machine_id     TEXT   NOT NULL,
    claims         TEXT   NOT NULL, -- '' for none
    scopes         TEXT   NOT NULL,
    print          BYTEA  NOT NULL,
    revoked_at     BIGINT NOT NULL,
    revoked_reason TEXT,
    expires_at     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
) /*CLUSTERED*/;
CREATE INDEX m2m_tokens_by_machine ON m2m_tokens (machine_id, id);
CREATE INDEX m2m_tokens_by_print ON m2m_tokens (print, expires_at);
CREATE INDEX m2m_tokens_by_expiry ON m2m_tokens (expires_at);

-- API keys of users and machines, for the operator's own APIs.
CREATE TABLE subject_keys (
    id             BYTEA  PRIMARY KEY,
    subject        TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    description    TEXT,
    claims         TEXT   NOT NULL, -- '' for none
    scopes         TEXT   NOT NULL, -- a JSON array
    created_by     TEXT,
    revoked_at     BIGINT NOT NULL,
    revoked_reason TEXT,
    expires_at     BIGINT NOT NULL, -- 0: never
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE INDEX subject_keys_by_subject ON subject_keys (subject, id);
CREATE INDEX subject_keys_by_expiry ON subject_keys (expires_at) WHERE expires_at <> 0;
