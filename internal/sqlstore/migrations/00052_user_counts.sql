-- How many users there are, in parts that add up: PostgreSQL would look at each of
-- them to count them. There are several parts so that those who join at once do not
-- wait for one another.
CREATE TABLE user_counts (
    part   BIGINT PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO user_counts (part, number)
    SELECT parts.part, CASE parts.part WHEN 0 THEN (SELECT COUNT(*) FROM users) ELSE 0 END
    FROM (WITH RECURSIVE all_parts (part) AS (SELECT 0 UNION ALL SELECT part + 1 FROM all_parts WHERE part < 63) SELECT part FROM all_parts) AS parts;
