/** SQL, for both databases, that puts rows of format 15 in the place of the table of consents. */
export const formerRows = `
  DROP TABLE consents;
  CREATE TABLE consents (
    guild_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('always', 'until', 'never')),
    wall_ms DOUBLE PRECISION,
    written_at_ms DOUBLE PRECISION NOT NULL,
    written_by TEXT,
    PRIMARY KEY (guild_id, person_id),
    CHECK ((kind = 'until') = (wall_ms IS NOT NULL))
  );
  INSERT INTO consents VALUES
    ('g', 'ann', 'always', NULL, 5, NULL),
    ('g', 'bob', 'never', NULL, 5, NULL),
    ('g', 'dan', 'until', 9, 5, NULL),
    ('g', 'cy', 'always', NULL, 5, NULL);
  DROP TABLE seat_consents;
  CREATE TABLE seat_consents (
    guild_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('caller', 'followed', 'yes', 'no')),
    PRIMARY KEY (guild_id, person_id, kind)
  );
  INSERT INTO seat_consents (guild_id, person_id, kind) VALUES ('g', 'cy', 'no'), ('g', 'ann', 'yes');
  INSERT INTO server_settings (guild_id, key, value, written_at_ms)
    VALUES ('g', 'catch_up', 'off', 5), ('g', 'cues', 'on', 5);`;
