-- What somebody has to answer who says that they read the mail of an address. Rows
-- live for minutes.
CREATE TABLE challenges (
    id         BYTEA   PRIMARY KEY,
    purpose    TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    code       BYTEA   NOT NULL,
    link       BYTEA   NOT NULL UNIQUE,
    tries      BIGINT  NOT NULL,
    taken      BOOLEAN NOT NULL,
    sent_at    BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);
CREATE INDEX challenges_by_expiry ON challenges (expires_at);

-- Mail that waits to be sent, sealed.
CREATE TABLE letters (
    id         TEXT   PRIMARY KEY,
    sealed     BYTEA  NOT NULL,
    claims     BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX letters_by_time ON letters (due_at);
CREATE INDEX letters_by_expiry ON letters (expires_at);

-- How often somebody has tried what may be done only so often.
CREATE TABLE attempts (
    id         BYTEA  PRIMARY KEY,
    number     BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) /*CLUSTERED*/;
CREATE INDEX attempts_by_expiry ON attempts (expires_at);

-- How a verified address came to be so; '' by an operator.
ALTER TABLE emails ADD COLUMN proof TEXT NOT NULL DEFAULT '';
