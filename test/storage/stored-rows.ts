import {
  type GuildId,
  type PersonId,
  toChannelId,
  toGuildId,
  toMessageId,
  toPersonId,
  toWebhookId,
} from '#src/base/ids.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import type { ConsentChange } from '#src/people/consent.ts';
import type { PersonSettings } from '#src/people/person-settings.ts';
import type { Seat } from '#src/ports/stores.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import type { PortionRequest, SpendingEntry } from '#src/spending/spending-store.ts';
import type { ApiToken } from '#src/stores/api-tokens.ts';
import type { HeardSpan } from '#src/stores/hearing-store.ts';
import type { NewMemory } from '#src/stores/memory-store.ts';
import type { NewReminder } from '#src/stores/reminder-store.ts';
import type { Store } from '#src/stores/store-parts.ts';
import type { StoredTrack } from '#src/stores/track-store.ts';
import type { NewNote } from '#src/stores/transcripts/note-store.ts';
import type {
  CaptionMessage,
  TranscriptLine,
  TranscriptSession,
} from '#src/stores/transcripts/transcript-line.ts';
import { admitServerErasure } from '#test/fakes/admitted-erasures.ts';
import type { LocalTranscriptStore } from '#test/fakes/local-stores.ts';

/** Time, in ms of the wall clock, at which the rows are written. */
const writtenAtWallMs = Date.UTC(2026, 10, 20, 18);
const day = '2026-11-20';

/** Two servers, the people there, and a voice channel of the first. */
export const guildId = toGuildId('1029384756102938475');
const otherGuildId = toGuildId('1129384756102938476');
/** Server that removed the bot. */
const removedGuildId = toGuildId('1229384756102938477');
const botId = toPersonId('1329384756102938478');
export const channelId = toChannelId('1429384756102938479');
const placeId = toChannelId('1529384756102938480');
export const ana = toPersonId('2029384756102938475');
const ben = toPersonId('2129384756102938476');
const chi = toPersonId('2229384756102938477');
export const dora = toPersonId('2329384756102938478');

const consents: readonly (readonly [
  guildId: GuildId,
  personId: PersonId,
  ConsentChange,
])[] = [
  [guildId, ana, { kind: 'always' }],
  [guildId, ben, { kind: 'never' }],
  [guildId, chi, { kind: 'always' }],
  [otherGuildId, ana, { kind: 'never' }],
  [otherGuildId, dora, { kind: 'always' }],
  [guildId, dora, { kind: 'forgotten', erasesSinceWallMs: writtenAtWallMs }],
];

const panels: readonly (readonly [guildId: GuildId, MessagePlace])[] = [
  [guildId, { channelId: placeId, messageId: toMessageId('3029384756102938475') }],
  [
    otherGuildId,
    {
      channelId: toChannelId('1629384756102938481'),
      messageId: toMessageId('3129384756102938476'),
    },
  ],
];

const settings: readonly (readonly [guildId: GuildId, key: string, value: string])[] = [
  [guildId, 'name', 'Señora Nova 🤖'],
  [guildId, 'budget_person_usd', '0.25'],
  [guildId, 'pipeline', 'chained'],
  [otherGuildId, 'language', 'de'],
];

const sounds: readonly Parameters<Store['sounds']['add']>[0][] = [ana, dora].map(
  (personId, n) => ({
    guildId: n === 0 ? guildId : otherGuildId,
    name: `Türglocke ${n}`,
    personId,
    bytes: Uint8Array.from({ length: 2_000 }, (_, at) => at),
    addedAtWallMs: writtenAtWallMs,
  }),
);

const tracks: readonly StoredTrack[] = [
  {
    name: 'music',
    percent: 62.5,
    isPaused: false,
    isMuted: false,
    sounds: [
      {
        source: {
          kind: 'link',
          url: 'https://media.example/a%20song.ogg?x=1',
          type: 'audio/ogg',
        },
        title: 'A song – “live”',
        positionMs: 83_240,
        loop: true,
      },
    ],
  },
];

const spent = { day, turns: 17 };

const spending: readonly SpendingEntry[] = [
  { ...spent, guildId, nanoUsd: 34_560_000 },
  { ...spent, guildId, personId: ana, nanoUsd: 23_040_000 },
  { ...spent, guildId, personId: ben, nanoUsd: 11_520_000, turns: 4 },
  { ...spent, guildId: otherGuildId, nanoUsd: 1 },
  { ...spent, guildId: removedGuildId, nanoUsd: 5 },
];

const portions: readonly PortionRequest[] = spending.map(({ turns: _, ...key }) => ({
  ...key,
  nanoUsd: 20_000_000,
  usedNanoUsd: 0,
}));

const personSettings: PersonSettings = {
  language: admitChosenLanguage('pt-BR'),
  voice: 'marin',
  speed: 0.85,
  spokenName: '智 Dóra',
  declinedOffers: '0a1b 2c3d;4e5f',
};

const seat: Seat = {
  guildId,
  channelId,
  channelName: 'Lounge',
  callerId: ana,
  mode: 'talk',
  pipeline: 'chained',
  isPaused: false,
  sinceWallMs: writtenAtWallMs - 600_000,
  agreedIds: [chi],
};

const apiToken: ApiToken = {
  name: 'doorbell',
  guildId,
  scopes: ['say', 'ask'],
  budgetUsd: 0.5,
  createdAtWallMs: writtenAtWallMs - 86_400_000,
};
const apiTokenHash = 'vV0sVVdpyfJ3cS6v7OB5Y1CFA3M7xhkC6T2D1Eqh9Mw';

/** Ana was heard in the first server, Dora in both. */
const hearings: readonly HeardSpan[] = [
  [guildId, ana],
  [guildId, dora],
  [otherGuildId, dora],
].map(([server, personId], n) => ({
  id: `${n}f1c0a52-0d6a-4f0e-8a5e-2f3f4b5c6d7e`,
  guildId: server as GuildId,
  personId: personId as PersonId,
  channelId,
  fromWallMs: writtenAtWallMs - 600_000,
  toWallMs: writtenAtWallMs,
  rule: 'yes',
}));

export const reminder: NewReminder = {
  id: '6f1c0a52-0d6a-4f0e-8a5e-2f3f4b5c6d7e',
  guildId,
  personId: ana,
  channelId,
  channelName: 'Lounge',
  text: 'Die Suppe vom Herd nehmen 🍲',
  setAtWallMs: writtenAtWallMs - 60_000,
  dueAtWallMs: writtenAtWallMs + 86_400_000,
  message: { addresseeId: chi, addresseeName: '智', authorName: 'Ana' },
};

const sessions: readonly TranscriptSession[] = [
  {
    id: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
    guildId,
    channelId,
    channelName: 'Lounge',
    placeId,
    startedAtWallMs: writtenAtWallMs - 7_200_000,
    endedAtWallMs: writtenAtWallMs - 3_600_000,
  },
  {
    id: 'b3c7e1f0-7f3a-4d5e-9a51-5f0e6a1b2c3d',
    guildId,
    channelId,
    channelName: 'Lounge',
    placeId,
    startedAtWallMs: writtenAtWallMs - 600_000,
  },
];

const [first = '', second = ''] = sessions.map(({ id }) => id);

const said = [
  [ana, 'Ana', 'Shall we meet on Friday at the harbour?'],
  [ben, 'Бен', 'Пятница мне подходит, в семь часов.'],
  [chi, '智', '金曜日に港で会いましょう。'],
  [ana, 'Ana', 'Ja, und bringt bitte den großen Schlüssel mit – nicht den kleinen.'],
  [ben, 'Бен', ''],
] as const;

/** A minute of talk again and again, and an answer of the bot at the end. */
const lines: readonly TranscriptLine[] = [
  ...Array.from({ length: 40 }, (_, n): TranscriptLine => {
    const [personId, name, text] = said[n % said.length] ?? said[0];
    return {
      sessionId: first,
      number: n + 1,
      speaker: { kind: 'person', personId, name },
      startMs: n * 12_000,
      endMs: n * 12_000 + 2_400,
      text,
      language: 'en',
      post: {
        channelId: placeId,
        messageId: toMessageId(`${3_200_000_000_000_000_000n + BigInt(n)}`),
      },
    };
  }),
  {
    sessionId: second,
    number: 1,
    speaker: { kind: 'bot', name: 'Nova', answeredIds: [ana, chi] },
    startMs: 480_000,
    endMs: 484_000,
    text: 'You decided on Friday at seven, at the harbour.',
    isCut: true,
  },
  {
    sessionId: second,
    number: 2,
    speaker: { kind: 'person', personId: chi, name: '智' },
    startMs: 490_000,
    endMs: 491_000,
    text: 'Gracias',
    isBrief: true,
  },
];

/** Longer than a message. */
const longLine: TranscriptLine = {
  sessionId: second,
  number: 3,
  speaker: { kind: 'person', personId: ana, name: 'Ana' },
  startMs: 500_000,
  endMs: 560_000,
  text: 'and so on '.repeat(300).trim(),
  post: { channelId: placeId, messageId: toMessageId('3300000000000000001') },
};

const captionMessage: CaptionMessage = {
  guildId,
  channelId: placeId,
  messageId: toMessageId('3400000000000000001'),
  sessionId: first,
  postedAtWallMs: writtenAtWallMs - 3_700_000,
  webhook: { id: toWebhookId('1629384756102938482'), token: 'tok' },
};

const memories: readonly NewMemory[] = [
  {
    guildId,
    text: 'The key of the harbour shed hangs behind the door.',
    byId: ana,
    byName: 'Ana',
    atWallMs: writtenAtWallMs - 5_000_000,
  },
  {
    guildId,
    text: '智 mag keine Erdnüsse.',
    byId: ana,
    byName: 'Ana',
    aboutId: chi,
    aboutName: '智',
    atWallMs: writtenAtWallMs - 4_000_000,
  },
];

const notes: readonly NewNote[] = [
  {
    kind: 'task',
    text: 'Ana repairs the mast.',
    name: 'Ana',
    personIds: [ana, dora],
    atWallMs: writtenAtWallMs - 3_000_000,
  },
];

const toldPeople = [ana, dora].map((personId) => ({
  channelId,
  personId,
  rules: 'role 123',
  fromWallMs: writtenAtWallMs,
}));

export async function writeMain(store: Store) {
  for (const consent of consents) await store.consents.write(...consent);
  for (const panel of panels) await store.panels.write(...panel);
  for (const setting of settings) await store.settings.write(...setting);
  await store.tracks.write(guildId, channelId, tracks);
  const muted = tracks.map((track) => ({ ...track, isMuted: true }));
  await store.tracks.write(guildId, placeId, muted);
  await store.spending.write({ day, entries: spending, portions, capNanoUsd: 0 });
  await store.guilds.eraseGuild(admitServerErasure(removedGuildId));
  await store.guilds.addGuilds(botId, [guildId, otherGuildId]);
  await store.leftOutPeople.write(guildId, dora, true);
  await store.toldPeople.write(guildId, toldPeople);
  await store.seats.write(seat);
  await store.seats.write({ ...seat, guildId: otherGuildId, followedId: ana });
  await store.apiTokens.add(apiToken, apiTokenHash);
  await store.personSettings.write(guildId, dora, personSettings);
  await store.reminders.add(reminder);
  for (const sound of sounds) await store.sounds.add(sound);
  await store.hearings.write({ begun: hearings, extended: [] });
}

export async function writeTranscripts(store: LocalTranscriptStore) {
  for (const session of sessions) await store.writer.putSession(session);
  await store.writer.putLines([...lines, longLine]);
  await store.messages.putMessage(captionMessage);
  for (const memory of memories) await store.memories.add(memory);
  await store.notes.add({ guildId, channelId }, notes);
}
