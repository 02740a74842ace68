-- Pictures that operators have uploaded, under the hash of their bytes.
CREATE TABLE pictures (
    id         TEXT   PRIMARY KEY,
    type       TEXT   NOT NULL,
    bytes      BYTEA  NOT NULL,
    created_at BIGINT NOT NULL -- or when they were last uploaded
);
CREATE INDEX pictures_by_creation ON pictures (created_at);
CREATE INDEX users_by_picture ON users (image_url) WHERE image_url <> '';

-- When secrets of applications and of the Backend API were last used. Nodes write
-- it now and then, for many requests at once.
CREATE TABLE secret_uses (
    secret       BYTEA  PRIMARY KEY, -- its hash
    last_used_at BIGINT NOT NULL
) /*CLUSTERED*/;
CREATE INDEX secret_uses_by_time ON secret_uses (last_used_at);

ALTER TABLE api_keys ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0; -- 0: never
