-- Times are milliseconds since 1970; 0 is "none". /*CLUSTERED*/ marks tables
-- that SQLite keeps in the order of their key.

CREATE TABLE instance (
    one           BIGINT PRIMARY KEY CHECK (one = 1),
    id            TEXT   NOT NULL,
    root_key      TEXT   NOT NULL,
    settings      TEXT   NOT NULL,
    not_before    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    revision      BIGINT NOT NULL
);

CREATE TABLE clients (
    application_id         TEXT    PRIMARY KEY,
    client_id              TEXT    NOT NULL UNIQUE,
    name                   TEXT    NOT NULL,
    public                 BOOLEAN NOT NULL,
    require_pkce           BOOLEAN NOT NULL,
    ask_consent            BOOLEAN NOT NULL,
    dynamically_registered BOOLEAN NOT NULL,
    device_grant           BOOLEAN NOT NULL,
    redirect_uris          TEXT    NOT NULL,
    scopes                 TEXT    NOT NULL,
    secret_hash            BYTEA   NOT NULL,
    client_uri             TEXT    NOT NULL,
    image_url              TEXT    NOT NULL,
    not_before             BIGINT  NOT NULL,
    created_at             BIGINT  NOT NULL,
    updated_at             BIGINT  NOT NULL,
    revision               BIGINT  NOT NULL
);
CREATE INDEX clients_by_creation ON clients (created_at, application_id);

CREATE TABLE users (
    id               TEXT    PRIMARY KEY,
    external_id      TEXT    UNIQUE,
    username         TEXT    NOT NULL,
    username_key     TEXT    UNIQUE,
    first_name       TEXT    NOT NULL,
    last_name        TEXT    NOT NULL,
    locale           TEXT    NOT NULL,
    image_url        TEXT    NOT NULL,
    password_digest  TEXT    NOT NULL,
    primary_email_id TEXT    NOT NULL,
    public_metadata  TEXT    NOT NULL,
    private_metadata TEXT    NOT NULL,
    unsafe_metadata  TEXT    NOT NULL,
    banned           BOOLEAN NOT NULL,
    not_before       BIGINT  NOT NULL,
    last_sign_in_at  BIGINT  NOT NULL,
    created_at       BIGINT  NOT NULL,
    updated_at       BIGINT  NOT NULL
);
CREATE INDEX users_by_creation ON users (created_at, id);

CREATE TABLE emails (
    id          TEXT    PRIMARY KEY,
    user_id     TEXT    NOT NULL,
    position    BIGINT  NOT NULL,
    address     TEXT    NOT NULL,
    address_key TEXT    NOT NULL UNIQUE,
    verified    BOOLEAN NOT NULL,
    created_at  BIGINT  NOT NULL
);
CREATE INDEX emails_by_user ON emails (user_id, position);

CREATE TABLE sessions (
    cookie       BYTEA  PRIMARY KEY,
    id           TEXT   NOT NULL UNIQUE,
    user_id      TEXT   NOT NULL,
    user_agent   TEXT   NOT NULL,
    signed_in_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE connections (
    user_id      TEXT   NOT NULL,
    client_id    TEXT   NOT NULL,
    scopes       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    agreed_at    BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    not_before   BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
) /*CLUSTERED*/;
CREATE INDEX connections_by_client ON connections (client_id);

-- No index beside the key: each would cost a random page per token issued.
CREATE TABLE grants (
    id            BYTEA  PRIMARY KEY,
    client_id     TEXT   NOT NULL,
    user_id       TEXT   NOT NULL,
    session_id    TEXT   NOT NULL,
    scopes        TEXT   NOT NULL,
    generation    BIGINT NOT NULL,
    authorized_at BIGINT NOT NULL,
    rotated_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    ends_at       BIGINT NOT NULL,
    revoked_at    BIGINT NOT NULL,
    revoked       TEXT   NOT NULL
) /*CLUSTERED*/;

CREATE TABLE api_keys (
    id         TEXT   PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    secret     BYTEA  NOT NULL UNIQUE,
    prefix     TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    id          TEXT   PRIMARY KEY,
    algorithm   TEXT   NOT NULL,
    public_jwk  BYTEA  NOT NULL,
    sealed_key  BYTEA  NOT NULL,
    created_at  BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    retired_at  BIGINT NOT NULL
);
