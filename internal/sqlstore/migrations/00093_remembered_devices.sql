-- Devices that are remembered for a second factor were so after this time.
ALTER TABLE second_factors ADD COLUMN forgotten_at BIGINT NOT NULL DEFAULT 0;
