-- What users belong to together. members and admins count the memberships: they
-- decide who may still join, and who may not leave.
CREATE TABLE organizations (
    id               TEXT    PRIMARY KEY,
    name             TEXT    NOT NULL,
    slug             TEXT    NOT NULL UNIQUE,
    image_url        TEXT    NOT NULL,
    public_metadata  TEXT    NOT NULL,
    private_metadata TEXT    NOT NULL,
    created_by       TEXT    NOT NULL,
    max_members      BIGINT  NOT NULL, -- 0: any number
    admins_delete    BOOLEAN NOT NULL,
    members          BIGINT  NOT NULL,
    admins           BIGINT  NOT NULL,
    created_at       BIGINT  NOT NULL,
    updated_at       BIGINT  NOT NULL
);
CREATE INDEX organizations_by_creation ON organizations (created_at, id);
CREATE INDEX organizations_by_name ON organizations (lower(name), id);
CREATE INDEX organizations_by_members ON organizations (members, id);
CREATE INDEX organizations_by_picture ON organizations (image_url) WHERE image_url <> '';

CREATE TABLE memberships (
    organization_id  TEXT   NOT NULL,
    user_id          TEXT   NOT NULL,
    id               TEXT   NOT NULL UNIQUE,
    role             TEXT   NOT NULL,
    public_metadata  TEXT   NOT NULL,
    private_metadata TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) /*CLUSTERED*/;
CREATE INDEX memberships_by_user ON memberships (user_id, created_at, id);
CREATE INDEX memberships_by_creation ON memberships (created_at, id);

-- In which organization the user is seen; '' in none.
ALTER TABLE grants ADD COLUMN organization_id TEXT NOT NULL DEFAULT '';
ALTER TABLE device_requests ADD COLUMN organization_id TEXT NOT NULL DEFAULT '';
-- The one that the user chose last.
ALTER TABLE connections ADD COLUMN organization_id TEXT NOT NULL DEFAULT '';
