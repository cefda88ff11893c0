import { readFile } from 'node:fs/promises';
import type { AdmittedErasure, PersonErasure } from '#src/base/erasures.ts';
import { type GuildId, noGuild, toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  admitChosenLanguage,
  type ExpectedLanguage,
} from '#src/base/language/expected-language.ts';
import type { DiscordLink, DiscordLinkDeps } from '#src/discord/link/discord-link.ts';
import { type PlannedJoin, ShardPace } from '#src/discord/link/signal-pace.ts';
import type { PersonSettings } from '#src/people/person-settings.ts';
import {
  admitJob,
  maxSegmentMs,
  maxTextLetters,
} from '#src/speech/local/jobs/admit-job.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import type { JobOrder } from '#src/speech/local/model-jobs.ts';
import type { TranscriptionOptions } from '#src/speech/speech-engine.ts';
import { Reservation } from '#src/spending/reservation.ts';
import type { SpeakerLanguage } from '#src/turn/speaker-language/speaker-language.ts';
import {
  admitPersonErasure,
  admitServerErasure,
} from '#test/fakes/admitted-erasures.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { sourceFiles } from '#test/source-files.ts';
import { options } from '#test/storage/copied-stores.ts';
import { makeStoreFolder } from '#test/storage/store-folder.ts';

const guildId = toGuildId('10');
const eva = toPersonId('2');

test('a store erases only what the gate admitted', async () => {
  const { consents, guilds } = openMemoryStores();
  const plain: PersonErasure = { kind: 'forgotten', guildId, personId: eva };
  const leaks = [
    // @ts-expect-error: Nobody asked whether an erasure of this person runs already.
    () => consents.erasePerson(plain),
    // @ts-expect-error: Ids alone are no erasure.
    () => consents.erasePerson(guildId, eva),
    // @ts-expect-error: An erasure of one person erases no server.
    () => guilds.eraseGuild(admitPersonErasure(guildId, eva)),
  ];
  const admitted: AdmittedErasure = admitServerErasure(guildId);
  expect([admitted.kind, leaks.length]).toEqual(['server', 3]);
});

test('a file is rewritten where rows were deleted, once for all who wait, and nowhere else', async () => {
  using tempFolder = makeStoreFolder();
  let rewritings = 0;
  await using store = await openLocalStore(tempFolder.path, {
    ...options,
    onStatement: (text) => {
      if (text === 'VACUUM') rewritings++;
    },
  });
  const people = Array.from({ length: 40 }, (_, n) => toPersonId(`${n + 1}`));
  const erasePeople = () =>
    Promise.all(
      people.map((id) => store.consents.erasePerson(admitPersonErasure(guildId, id))),
    );
  await erasePeople();
  expect(rewritings).toBe(0);
  for (const id of people) await store.leftOutPeople.write(guildId, id, true);
  expect(await erasePeople()).toEqual(people.map(() => 1));
  expect(rewritings).toBeLessThanOrEqual(2);
  expect(rewritings).toBeGreaterThan(0);
});

const staying = new AbortController().signal;
const second = new Int16Array(16_000);
const order: JobOrder<'transcribe'> = {
  kind: 'transcribe',
  folder: 'ears',
  work: { samples: second },
  guildId: toGuildId('1'),
  urgency: 'ears',
};

test('the model process takes no work without a bound, a price and a server', async () => {
  const models = new LocalModels();
  await models[Symbol.asyncDispose]();
  const leakJob = async () => {
    // @ts-expect-error: Nobody asked how long this work is, and for which server.
    await models.runJob(order, staying);
  };
  await expect(leakJob()).rejects.toThrow('closed');
  const { guildId: _, ...ownerless } = order;
  // @ts-expect-error: Work belongs to a server, or to noGuild.
  expect(() => admitJob(ownerless)).not.toThrow();
  // @ts-expect-error: A reservation names the server whose people want the work.
  expect(new Reservation({ pay: () => undefined }).isLive).toBe(false);
});

test('a job is bounded before it begins, and priced in time and bytes', () => {
  expect(admitJob(order)).toMatchObject({ threadMs: 285, bytes: 32_000 });
  const tooLong = { samples: new Int16Array(maxSegmentMs * 16 + 16) };
  expect(() => admitJob({ ...order, work: tooLong })).toThrow('at most 10000 ms');
  const speak = { kind: 'speak', folder: 'voice', guildId: noGuild } as const;
  const speakText = (text: string) =>
    admitJob({ ...speak, urgency: 'voice', work: { text, lengthScale: 1 } });
  expect(() => speakText('a'.repeat(maxTextLetters + 1))).toThrow(
    'at most 1000 letters',
  );
  // A long text has the price of its first piece, as the rest is other jobs.
  expect(speakText('a'.repeat(maxTextLetters)).threadMs).toBe(990);
  expect(speakText('WWW').threadMs).toBeGreaterThan(
    5 * speakText('www').threadMs - 200,
  );
});

const connectMs = 9_000;

test('a link is opened only with a join that the shard admitted', () => {
  const plain: PlannedJoin = { guildId: toGuildId('1'), atMs: 0 };
  const leakJoin = (Link: typeof DiscordLink, deps: DiscordLinkDeps) =>
    // @ts-expect-error: Nobody asked whether the shard has a join left for this server.
    new Link(plain, deps, () => true);
  expect(leakJoin).toBeInstanceOf(Function);
  expect(new ShardPace().admitJoin(plain.guildId, 0, 0)).toEqual(plain);
});

/** Servers that join as often as they may for three minutes, and how long others wait, each of which joins once after the first. */
function crowdShard(greedyCount: number) {
  const shard = new ShardPace();
  const greedy = Array.from({ length: greedyCount }, (_, n) => toGuildId(`${n + 1}`));
  const freeFrom = new Map<GuildId, number>();
  const waitsMs: number[] = [];
  for (let atMs = 0; atMs < 180_000; atMs += 500) {
    for (const guildId of greedy) {
      if (atMs < (freeFrom.get(guildId) ?? 0)) continue;
      const join = shard.admitJoin(guildId, atMs, atMs + connectMs);
      freeFrom.set(guildId, (join?.atMs ?? atMs) + 500);
    }
    if (atMs < 60_000 || atMs % 5_000 > 0) continue;
    const otherGuildId = toGuildId(`${1_000 + atMs}`);
    const join = shard.admitJoin(otherGuildId, atMs, atMs + connectMs);
    waitsMs.push((join?.atMs ?? Number.POSITIVE_INFINITY) - atMs);
  }
  return waitsMs;
}

test.each([1, 3, 10])(
  'others join within three seconds while people of %i servers join and leave as fast as they may',
  (greedyCount) => {
    const waitsMs = crowdShard(greedyCount);
    expect([waitsMs.length, Math.max(...waitsMs) <= 3_000]).toEqual([24, true]);
  },
);

declare const learned: Required<SpeakerLanguage>;

/** Compiled, and never called. */
function leakGuesses() {
  // @ts-expect-error: What a person settled on was learned, and not set.
  const locked: ExpectedLanguage = { kind: 'set', language: learned.locked };
  // @ts-expect-error: A request for answers in a language does not say what is spoken.
  const requested: ExpectedLanguage = { kind: 'set', language: learned.requested };
  // @ts-expect-error: A guess has a weight, and no language of its own that an adapter could send.
  const guess: ExpectedLanguage = { kind: 'likely', language: learned.locked };
  // @ts-expect-error: A recogniser is told whether somebody set the language.
  const plain: TranscriptionOptions = { language: 'de' };
  // @ts-expect-error: A person's setting is not made of a guess.
  const settings: PersonSettings = { language: learned.locked };
  return [locked, requested, guess, plain, settings];
}

/** Files in which a language enters that somebody set. A new one is a reviewed line here. */
const entrances = [
  'commands/voice/me-command.ts', // a person, of their own speech
  'src/config/settings.ts', // the operator, of all speech
  'src/web/api/openai/transcription-form.ts', // a program, of its recording
];

test('a language binds a recogniser only where a person, a program or the operator set it', async () => {
  const matches: string[] = [];
  for await (const path of sourceFiles('{src,commands,doctor,setup,sandbox}/**/*.ts')) {
    if (path === 'src/base/language/expected-language.ts') continue;
    const source = await readFile(path, 'utf8');
    if (/admitChosenLanguage\(|\(admitChosenLanguage\)/.test(source))
      matches.push(path);
  }
  expect(matches.sort()).toEqual(entrances);
  expect([admitChosenLanguage('de'), typeof leakGuesses]).toEqual(['de', 'function']);
});
