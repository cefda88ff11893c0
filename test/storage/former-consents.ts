/** SQL of the columns that told when and by which process a row was written. */
const versioned = ['panels', 'person_settings', 'seats', 'server_settings']
  .map(
    (name) => `ALTER TABLE ${name} ADD COLUMN written_at_ms INTEGER NOT NULL DEFAULT 5;
      ALTER TABLE ${name} ADD COLUMN written_by TEXT;`,
  )
  .join('\n');

/** SQL of the columns of messages. */
const ofMessages = ['addressee_id', 'addressee_name', 'author_name', 'is_private']
  .map((name) => `ALTER TABLE reminders DROP COLUMN ${name};`)
  .join('\n');

/** SQL, for both databases, that gives present tables their form of format 15, with rows of consents. */
export const formerRows = `
  ALTER TABLE person_settings DROP COLUMN answers;
  ALTER TABLE person_settings ADD COLUMN answers TEXT CHECK (answers IN ('written'));
  ALTER TABLE api_tokens DROP COLUMN channel_ids;
  ALTER TABLE api_tokens DROP COLUMN events_url;
  DROP INDEX reminders_by_addressee;
${ofMessages}
  CREATE TABLE removed_guilds (guild_id TEXT NOT NULL);
${versioned}
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

/** SQL, for both databases, that gives present tables their form of format 21, in which an erasure was a kind of consent. */
export const rowsOfFormat21 = `
  DROP TABLE erasures;
  DROP TABLE consents;
  CREATE TABLE consents (
    guild_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('always', 'never', 'forgetting', 'forgotten')),
    PRIMARY KEY (guild_id, person_id)
  );
  INSERT INTO consents VALUES ('g', 'ann', 'always'), ('g', 'bob', 'forgetting'), ('g', 'cy', 'forgotten'), ('g', 'dan', 'never');`;

/** What a store of format 21 with these rows holds since then. */
export const keptOfFormat21 = {
  consents: new Map(
    Object.entries({
      ann: { kind: 'always' },
      bob: { kind: 'forgotten' },
      cy: { kind: 'forgotten' },
      dan: { kind: 'never' },
    }),
  ),
  erasures: [{ guildId: 'g', personId: 'bob', sinceWallMs: 0 }],
};

const pirate = { name: "Jack O'Pirate", instructions: 'Talk\nlike a pirate.' };

/** SQL, for both databases, that gives a present store the rows of format 24, in which facts about a channel were keys of its server. */
export const rowsOfFormat24 = `
  DROP TABLE channel_settings;
  INSERT INTO server_settings (guild_id, key, value) VALUES
    ('g', 'voice', 'slt'),
    ('g', 'word:juno', '{"word":"Juno","addedMs":5}'),
    ('g', 'bot:100', '${JSON.stringify({ ...pirate, voice: 'rms', language: 'de' }).replaceAll("'", "''")}'),
    ('g', 'bot:200', '{"voice":"awb"}'),
    ('g', 'bot:300', 'no JSON'),
    ('g', 'captions:100', '{"translateTo":"fr"}'),
    ('g', 'captions:200', '{}'),
    ('g', 'captions:300', 'off'),
    ('g', 'captions:400', 'until-the-end'),
    ('g', 'auto_join_rest:200', 'until empty'),
    ('h', 'bot:900', '{"name":"Nova"}');`;

const keptByChannel: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  100: {
    ...pirate,
    voice: 'rms',
    answer_language: 'de',
    captions: 'on',
    captions_language: 'fr',
  },
  200: { voice: 'awb', captions: 'on', auto_join_rest: 'on' },
  400: { captions: 'on' },
};

/** Settings of the server `g` in a store with these rows since then. */
export const keptOfFormat24 = {
  server: new Map([
    ['voice', 'slt'],
    ['word:juno', '{"word":"Juno","addedMs":5}'],
  ]),
  channels: new Map(
    Object.entries(keptByChannel).map(([id, texts]) => [
      id,
      new Map(Object.entries(texts)),
    ]),
  ),
};
