-- Memberships know the time by which users are listed, so that the members of a large
-- organization are listed without a look at all of them.
ALTER TABLE memberships ADD COLUMN user_created_at BIGINT NOT NULL DEFAULT 0;
UPDATE memberships SET user_created_at = COALESCE((SELECT u.created_at FROM users u WHERE u.id = memberships.user_id), 0);
CREATE INDEX memberships_by_user_creation ON memberships (organization_id, user_created_at, user_id);
