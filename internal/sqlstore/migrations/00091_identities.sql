-- The accounts elsewhere that sign users in.
CREATE TABLE identities (
    id           TEXT   PRIMARY KEY,
    user_id      TEXT   NOT NULL,
    provider     TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    UNIQUE (provider, issuer, subject),
    UNIQUE (user_id, provider)
);
