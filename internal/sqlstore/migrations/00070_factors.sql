-- What users prove themselves with beside a password. The secret is sealed under the
-- root key and empty for none; the row stays when the user gives it up.
CREATE TABLE second_factors (
    user_id       TEXT   PRIMARY KEY,
    totp          BYTEA  NOT NULL,
    last_step     BIGINT NOT NULL,
    tries         BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    enabled_at    BIGINT NOT NULL,
    disabled_at   BIGINT NOT NULL
);

-- Digests of backup codes. Each is used once.
CREATE TABLE backup_codes (
    user_id TEXT   NOT NULL,
    code    TEXT   NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, code)
) /*CLUSTERED*/;

-- challenged_at is when the last challenge that was signed had been made: an older
-- one is of no use any more.
CREATE TABLE passkeys (
    id              TEXT    PRIMARY KEY,
    user_id         TEXT    NOT NULL,
    handle          BYTEA   NOT NULL,
    credential_id   BYTEA   NOT NULL UNIQUE,
    public_key      BYTEA   NOT NULL,
    aaguid          BYTEA   NOT NULL,
    name            TEXT    NOT NULL,
    transports      TEXT    NOT NULL,
    sign_count      BIGINT  NOT NULL,
    backup_eligible BOOLEAN NOT NULL,
    backed_up       BOOLEAN NOT NULL,
    challenged_at   BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    last_used_at    BIGINT  NOT NULL
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at);
