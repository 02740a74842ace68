-- How the user signed in: values of RFC 8176 with spaces between, '' if none fits.
ALTER TABLE sessions ADD COLUMN methods TEXT NOT NULL DEFAULT 'pwd';
ALTER TABLE device_requests ADD COLUMN methods TEXT NOT NULL DEFAULT 'pwd';

-- What signs a user in once. The secret is derived from the id and not kept.
CREATE TABLE sign_in_tokens (
    id         TEXT   PRIMARY KEY,
    user_id    TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX sign_in_tokens_by_user ON sign_in_tokens (user_id);
CREATE INDEX sign_in_tokens_by_expiry ON sign_in_tokens (expires_at);

-- Who was asked to join. pending_key is the address of the pending invitation that
-- keeps others to it from being made; those made on purpose beside it have none.
CREATE TABLE invitations (
    id              TEXT   PRIMARY KEY,
    address         TEXT   NOT NULL,
    address_key     TEXT   NOT NULL,
    pending_key     TEXT   UNIQUE,
    public_metadata TEXT   NOT NULL,
    redirect_url    TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    expires_at      BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);
CREATE INDEX invitations_by_address ON invitations (address_key);
CREATE INDEX invitations_by_creation ON invitations (created_at, id);
CREATE INDEX invitations_by_expiry ON invitations (expires_at, id);
