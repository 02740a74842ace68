-- Where events are sent to. types is '' for all, else ' a b ', with a space on
-- either side of each.
CREATE TABLE webhooks (
    id            TEXT    PRIMARY KEY,
    url           TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    types         TEXT    NOT NULL,
    enabled       BOOLEAN NOT NULL,
    secret        BYTEA   NOT NULL,
    old_secret    BYTEA   NOT NULL,
    old_until     BIGINT  NOT NULL,
    failing_since BIGINT  NOT NULL,
    created_at    BIGINT  NOT NULL,
    updated_at    BIGINT  NOT NULL,
    revision      BIGINT  NOT NULL
);

-- Which event is to be sent where, and how that went. due_at is 0 when it is
-- settled; while it is claimed it is when the claim ends.
CREATE TABLE webhook_deliveries (
    webhook_id TEXT   NOT NULL,
    event_id   BYTEA  NOT NULL,
    type       TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    attempts   BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    claim      TEXT   NOT NULL,
    log        TEXT   NOT NULL,
    PRIMARY KEY (webhook_id, event_id)
) /*CLUSTERED*/;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at) WHERE due_at > 0;
