-- What the application looked like when the user agreed; '' where that was before
-- it was kept. A connection that was withdrawn has no time of agreement.
ALTER TABLE connections ADD COLUMN client_name TEXT NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN client_uri TEXT NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN client_image_url TEXT NOT NULL DEFAULT '';
UPDATE connections SET agreed_at = 0 WHERE scopes = '' AND not_before > 0;
CREATE INDEX connections_by_agreement ON connections (client_id, agreed_at, user_id) WHERE agreed_at > 0;

-- Requests that may be sent again, under the hash of their key, and the sealed
-- answers to them. Rows live for a day.
CREATE TABLE idempotent_requests (
    id          BYTEA   PRIMARY KEY,
    request     BYTEA   NOT NULL,
    claim       BYTEA   NOT NULL,
    answered    BOOLEAN NOT NULL,
    answer      BYTEA   NOT NULL,
    lease_until BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL
);
CREATE INDEX idempotent_requests_by_expiry ON idempotent_requests (expires_at);
