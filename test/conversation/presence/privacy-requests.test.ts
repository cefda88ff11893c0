import { setImmediate } from 'node:timers/promises';
import { inject } from 'vitest';
import { type PersonId, toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/transcript-stores.ts';
import {
  makeLine,
  makeSession,
  toAnswer,
  toSpeaker,
} from '#test/contracts/stores/transcript-samples.ts';
import {
  adam,
  eva,
  joinLounge,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  openPostgresPlace,
  openSqlitePlace,
  StoreClock,
  type StorePlace,
  type StoresOpener,
} from '#test/conversation/setup/stores-on-disk.ts';
import { openMemoryTranscripts } from '#test/fakes/memory-stores.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openPostgresTranscripts } from '#test/storage/postgres/open-transcripts.ts';

const acts: Readonly<Record<string, (fixture: SessionFixture) => Promise<unknown>>> = {
  deny: ({ privacy }) => privacy.deny(toGuildId('g'), toPersonId('eva')),
  forget: ({ privacy }) => privacy.forget(toGuildId('g'), toPersonId('eva')),
  'leave out': ({ captions }) =>
    captions.setLeftOut(toGuildId('g'), toPersonId('eva'), true),
};
const allActs = Object.keys(acts);

function actOf(act: string) {
  return acts[act] ?? expect.fail();
}

/** Holds one operation of the stores before it begins: the nth from `arm` on. */
class HeldOperation {
  readonly #reached = Promise.withResolvers<'held'>();
  readonly #release = Promise.withResolvers<void>();
  #left = Number.POSITIVE_INFINITY;

  /** Resolves when the operation is held. */
  get reached() {
    return this.#reached.promise;
  }

  armFault(nth: number) {
    this.#left = nth;
  }

  release() {
    this.#release.resolve();
  }

  /** The same ports, whose operations pass through this. */
  wrapPorts<Ports extends object>(ports: Ports) {
    return new Proxy(ports, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value === 'object' && value !== null) return this.wrapPorts(value);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          this.#left--;
          const doWork = () => Reflect.apply(value, target, args);
          if (this.#left !== 0) return doWork();
          this.#reached.resolve('held');
          return this.#release.promise.then(doWork);
        };
      },
    });
  }
}

/** A run of the bot over these stores: Adam called it to the Lounge, and Eva once agreed for always. */
async function startRun(open: StoresOpener, held = new HeldOperation()) {
  const clock = new StoreClock();
  const { stores, onDisk } = await open();
  const watched = clock.watchStores(stores);
  const fixture = openSessionFixture(
    {
      store: held.wrapPorts(watched.consents),
      leftOutPeople: held.wrapPorts(watched.leftOutPeople),
      seatStore: held.wrapPorts(watched.seats),
      settingsStore: watched.settings,
      transcripts: new TranscriptStores(
        held.wrapPorts(clock.watchStores(onDisk)),
        openMemoryTranscripts(clock).inMemory,
      ),
    },
    [adam, eva],
    clock,
  );
  await waitUntilDone(fixture, fixture.sessions.join(lounge, toPersonId('adam')));
  return fixture;
}

/** Lets time pass until that is done. */
async function waitUntilDone<T>({ clock }: SessionFixture, work: Promise<T>) {
  let isDone = false;
  const over = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await clock.advance(50);
    await setImmediate();
  }
  return await over;
}

/** Whether a session there does with Eva what she refused. */
function goesOn({ sessions }: SessionFixture, act: string) {
  const gate = sessions.findSession(toGuildId('g'))?.consent ?? expect.fail();
  return act === 'leave out'
    ? gate.canWrite(toPersonId('eva'))
    : gate.mayHear(toPersonId('eva'));
}

/** At each operation of the stores that the act awaits: `then` happens before that one begins. */
async function atEach(
  storePlace: StorePlace,
  act: string,
  then: (fixture: SessionFixture, nth: number, open: StoresOpener) => Promise<void>,
) {
  for (let nth = 1; ; nth++) {
    await using stack = new AsyncDisposableStack();
    const open = await storePlace(stack);
    const held = new HeldOperation();
    const fixture = await startRun(open, held);
    await fixture.privacy.allow(toGuildId('g'), toPersonId('eva'));
    const turning = fixture.captions.turnOn(toGuildId('g'), {});
    await passTime(fixture, 4_000);
    await waitUntilDone(fixture, turning);
    expect(goesOn(fixture, act)).toBe(true);
    held.armFault(nth);
    const acting = actOf(act)(fixture);
    const reached = await waitUntilDone(fixture, Promise.race([held.reached, acting]));
    if (reached === 'held') await then(fixture, nth, open);
    held.release();
    await waitUntilDone(fixture, acting);
    expect(goesOn(fixture, act)).toBe(false);
    if (reached !== 'held') return nth - 1;
  }
}

function noComesFirst(name: string, storePlace: StorePlace) {
  test.each(allActs)(
    `${name}: %s counts in a session that begins at any await of it, and from its first write on in the next run of a process that is killed there`,
    async (act) => {
      const awaits = await atEach(storePlace, act, async (fixture, nth, open) => {
        if (nth > 1) expect(goesOn(await startRun(open), act)).toBe(false);
        expect(goesOn(fixture, act)).toBe(false);
        await waitUntilDone(fixture, fixture.sessions.leave(toGuildId('g')));
        await waitUntilDone(fixture, fixture.sessions.join(lounge, toPersonId('adam')));
        expect(goesOn(fixture, act)).toBe(false);
      });
      expect(awaits).toBeGreaterThanOrEqual(act === 'leave out' ? 1 : 2);
    },
  );
}

type Press = 'allow' | 'deny';
const stored = { allow: 'always', deny: 'never' };

/** A press at each await of an erasure loses neither the word nor the erasure. */
function pressDuringErasure(name: string, storePlace: StorePlace) {
  test.each<Press>(['allow', 'deny'])(
    `${name}: %s at any await of an erasure is the last word, and the erasure is completed`,
    async (press) => {
      for (let nth = 1, reached = 'held'; reached === 'held'; nth++) {
        await using stack = new AsyncDisposableStack();
        const open = await storePlace(stack);
        const held = new HeldOperation();
        const fixture = await startRun(open, held);
        await waitUntilDone(
          fixture,
          fixture.captions.setLeftOut(toGuildId('g'), toPersonId('eva'), true),
        );
        held.armFault(nth);
        const forgetting = fixture.privacy.forget(toGuildId('g'), toPersonId('eva'));
        reached = await waitUntilDone(
          fixture,
          Promise.race([held.reached, forgetting.then(() => 'over')]),
        );
        const pressing = fixture.privacy[press](toGuildId('g'), toPersonId('eva'));
        held.release();
        expect(await waitUntilDone<object>(fixture, pressing)).toMatchObject({
          isSaved: true,
        });
        expect(await waitUntilDone(fixture, forgetting)).toMatchObject({
          kind: 'forgotten',
        });
        const { leftOutPeople, store } = fixture.dependencies;
        if (nth > 1)
          expect((await store.read(toGuildId('g'))).get(toPersonId('eva'))).toEqual({
            kind: stored[press],
          });
        expect(await leftOutPeople.read(toGuildId('g'))).toEqual(new Map());
        expect(await store.listErasures()).toEqual([]);
      }
    },
  );
}

for (const test of [noComesFirst, pressDuringErasure]) test('SQLite', openSqlitePlace);

withPostgres(() => {
  for (const test of [noComesFirst, pressDuringErasure])
    test('PostgreSQL', openPostgresPlace);
});

test.each<Press>(['allow', 'deny'])(
  'an erasure that failed is completed within a minute although its person presses %s meanwhile, which stays the last word',
  async (press) => {
    const { captions, clock, consents, dependencies, privacy } = await joinLounge({}, [
      adam,
      eva,
    ]);
    await captions.setLeftOut(toGuildId('g'), toPersonId('eva'), true);
    const abort = new AbortController();
    const resuming = privacy.resumePendingErasures(abort.signal);
    await clock.advance(0);
    consents.trouble = 'unwritable';
    expect(await privacy.forget(toGuildId('g'), toPersonId('eva'))).toEqual({
      kind: 'failed',
    });
    expect(await privacy[press](toGuildId('g'), toPersonId('eva'))).toMatchObject({
      isSaved: press === 'deny', // in the journal
    });
    consents.trouble = undefined;
    await clock.advance(5_000);
    expect(await consents.listErasures()).toHaveLength(1);
    await clock.advance(60_000);
    await expect.poll(() => consents.listErasures()).toEqual([]);
    expect(await dependencies.leftOutPeople.read(toGuildId('g'))).toEqual(new Map());
    expect((await consents.read(toGuildId('g'))).get(toPersonId('eva'))).toEqual({
      kind: stored[press],
    });
    abort.abort();
    await resuming;
  },
);

test('a no that the database does not take is in the journal, and is stored once that is possible, as an erasure is completed within a minute', async () => {
  const fixture = await joinLounge({}, [adam, eva]);
  await fixture.privacy.allow(toGuildId('g'), toPersonId('eva'));
  fixture.consents.trouble = 'unwritable';
  expect(await fixture.privacy.deny(toGuildId('g'), toPersonId('eva'))).toEqual({
    isSaved: true,
  });
  expect(goesOn(fixture, 'deny')).toBe(false);
  await passTime(fixture, 60_000);
  fixture.consents.trouble = undefined;
  await passTime(fixture, 5_000);
  expect((await fixture.consents.read(toGuildId('g'))).get(toPersonId('eva'))).toEqual({
    kind: 'never',
  });
  const abort = new AbortController();
  const resuming = fixture.privacy.resumePendingErasures(abort.signal);
  await fixture.clock.advance(0);
  fixture.consents.trouble = 'unwritable';
  expect(await fixture.privacy.forget(toGuildId('g'), toPersonId('eva'))).toEqual({
    kind: 'failed',
  });
  fixture.consents.trouble = undefined;
  await fixture.clock.advance(60_000);
  await expect.poll(async () => (await fixture.consents.listErasures()).length).toBe(0);
  expect((await fixture.consents.read(toGuildId('g'))).get(toPersonId('eva'))).toEqual({
    kind: 'forgotten',
  });
  abort.abort();
  await resuming;
});

test.each(['SQLite', 'PostgreSQL'])(
  '%s: an erasure that was interrupted goes on in the next run',
  async (name) => {
    if (name === 'PostgreSQL' && inject('postgresUrl') === '') return;
    await using stack = new AsyncDisposableStack();
    const open = await (name === 'SQLite' ? openSqlitePlace : openPostgresPlace)(stack);
    const held = new HeldOperation();
    const killed = await startRun(open, held);
    await killed.captions.setLeftOut(toGuildId('g'), toPersonId('eva'), true);
    held.armFault(2); // the row that they were forgotten is written, and nothing is erased
    void killed.privacy.forget(toGuildId('g'), toPersonId('eva'));
    await waitUntilDone(killed, held.reached);
    const next = await startRun(open);
    const { leftOutPeople, store } = next.dependencies;
    expect(await leftOutPeople.read(toGuildId('g'))).toEqual(new Map([['eva', true]]));
    const abort = new AbortController();
    const resuming = next.privacy.resumePendingErasures(abort.signal);
    await next.clock.advance(1_000);
    await next.clock.advance(1_000);
    expect(await leftOutPeople.read(toGuildId('g'))).toEqual(new Map());
    expect((await store.read(toGuildId('g'))).get(toPersonId('eva'))).toEqual({
      kind: 'forgotten',
    });
    abort.abort();
    await resuming;
  },
);

const guildId = toGuildId('g');
const evaId = toPersonId('eva');

/** Adam and Eva sit in the Lounge, and both agreed. Calls of the store are counted by name. */
async function openLounge() {
  const fixture = openSessionFixture({}, [adam, eva]);
  await joinLounge(fixture);
  await fixture.privacy.allow(guildId, evaId);
  await passTime(fixture, 100);
  const calls: string[] = [];
  const { consents } = fixture.stores;
  for (const name of ['erasePerson', 'write', 'endErasure'] as const) {
    const call = consents[name].bind(consents) as (...args: unknown[]) => unknown;
    Object.assign(consents, {
      [name]: (...args: unknown[]) => {
        calls.push(name);
        return call(...args);
      },
    });
  }
  return { fixture, calls };
}

/** Counts how often the talk was begun anew: each time its history gets another version. */
function readVersion({ sessions }: SessionFixture) {
  return sessions.findSession(guildId)?.loop.state.history.version;
}

test('forty presses of forget at once are one erasure, and all get its answer', async () => {
  const { calls, fixture } = await openLounge();
  const { keptWords } = fixture.featurePorts.programAnswers;
  const pressing = Array.from({ length: 40 }, () =>
    fixture.privacy.forget(guildId, evaId),
  );
  await passTime(fixture, 500);
  const [first, ...others] = await Promise.all(pressing);
  expect(first).toMatchObject({ kind: 'forgotten' });
  for (const otherOutcome of others) expect(otherOutcome).toEqual(first);
  expect(calls).toEqual(['write', 'erasePerson', 'endErasure']);
  const version = readVersion(fixture);
  keptWords.keep('g bell 1', Promise.resolve('Seven.'));
  for (let n = 0; n < 5; n++) {
    const pressed = fixture.privacy.forget(guildId, evaId);
    await passTime(fixture, 100);
    expect(await pressed).toMatchObject({ kind: 'forgotten', total: 0 });
    await fixture.privacy.deny(guildId, evaId);
  }
  expect(readVersion(fixture)).toBe(version);
  expect(await keptWords.find('g bell 1')).toBe('Seven.');
  expect(calls.filter((name) => name === 'erasePerson')).toHaveLength(1);
});

test('what was stored while an erasure ran is erased by a press that came after it', async () => {
  const { calls, fixture } = await openLounge();
  const { leftOutPeople, consents } = fixture.stores;
  const held = Promise.withResolvers<void>();
  const end = consents.endErasure.bind(consents);
  consents.endErasure = async (...args) => {
    await held.promise;
    await end(...args);
  };
  const first = fixture.privacy.forget(guildId, evaId);
  await passTime(fixture, 200);
  await leftOutPeople.write(guildId, evaId, true);
  const second = fixture.privacy.forget(guildId, evaId);
  held.resolve();
  await passTime(fixture, 500);
  expect(await second).toEqual(await first);
  expect(await consents.countItems(guildId, evaId)).toBe(0);
  expect(calls.filter((name) => name === 'erasePerson')).toHaveLength(2);
});

test('personal settings that were read while an erasure ran are forgotten with it', async () => {
  const { fixture } = await openLounge();
  const { consents } = fixture.stores;
  const { peopleSettings } = fixture;
  await peopleSettings.changeSettings(guildId, evaId, { voice: 'rms' });
  const held = Promise.withResolvers<void>();
  const erase = consents.erasePerson.bind(consents);
  consents.erasePerson = async (erasure) => {
    await held.promise;
    return await erase(erasure);
  };
  const forgetting = fixture.privacy.forget(guildId, evaId);
  await passTime(fixture, 200);
  expect(await peopleSettings.loadSettings(guildId, evaId)).toEqual({ voice: 'rms' });
  held.resolve();
  await passTime(fixture, 500);
  expect(await forgetting).toMatchObject({ kind: 'forgotten' });
  expect(peopleSettings.getCached(guildId, evaId)).toEqual({});
});

/** Eva spoke, and was answered twice, once beside others. */
async function talkedTo({ onDisk: { writer } }: Pick<TranscriptStores, 'onDisk'>) {
  await writer.putSession(
    makeSession('a', { guildId: toGuildId('g'), placeId: toChannelId('staff') }),
  );
  await writer.putLines([
    makeLine('a', 5, 'the quagga is sold', toSpeaker(toPersonId('bob'))),
    makeLine('a', 12, 'I was late', toSpeaker(toPersonId('eva'))),
    makeLine('a', 15, 'Eva was late.', toAnswer('eva')),
    makeLine(
      'a',
      30,
      'Bob sold the quagga. Eva was late.',
      toAnswer('adam', 'bob', 'eva'),
    ),
  ]);
}

async function exportPerson(transcripts: TranscriptStores, personId: PersonId) {
  const fixture = openSessionFixture({ transcripts });
  const outcome = await fixture.privacy.exportPerson(toGuildId('g'), personId);
  if (outcome.kind !== 'exported') throw new Error('nothing was exported');
  return JSON.parse(outcome.json).lines;
}

async function expectOwnWordsOnly(transcripts: TranscriptStores) {
  await talkedTo(transcripts);
  const [own, answer, quote, ...others] = await exportPerson(
    transcripts,
    toPersonId('eva'),
  );
  expect(own).toMatchObject({ number: 12, text: 'I was late' });
  expect(answer).toMatchObject({ number: 15, text: 'Eva was late.' });
  expect(quote).toMatchObject({
    number: 30,
    text: 'Bob sold the quagga. Eva was late.',
  });
  expect(others).toEqual([]);
  expect(await exportPerson(transcripts, toPersonId('adam'))).toMatchObject([
    { number: 30, text: 'Bob sold the quagga. Eva was late.' },
  ]);
}

const name = 'an export holds the words of that person, and the answers to them';

test(`SQLite: ${name}`, async () => {
  await expectOwnWordsOnly(openMemoryTranscripts(new VirtualClock()));
});

withPostgres(() => {
  test(name, async () => {
    await using schema = await openSchema();
    await using onDisk = await openPostgresTranscripts(schema);
    const { inMemory } = openMemoryTranscripts(new VirtualClock());
    await expectOwnWordsOnly(new TranscriptStores(onDisk, inMemory));
  });
});

test('an export holds every stored row about that person, and is refused where these cannot be read', async () => {
  const { consents, privacy, stores } = openSessionFixture();
  await consents.write(toGuildId('g'), toPersonId('eva'), { kind: 'always' });
  await stores.leftOutPeople.write(toGuildId('g'), toPersonId('eva'), true);
  const outcome = await privacy.exportPerson(toGuildId('g'), toPersonId('eva'));
  const row = { guildId: 'g', personId: 'eva' };
  expect('json' in outcome && JSON.parse(outcome.json)).toMatchObject({
    consent: { kind: 'always' },
    tables: {
      consents: [{ ...row, kind: 'always' }],
      left_out_of_captions: [row],
      reminders: [],
    },
  });
  consents.listRows = () => Promise.reject(new Error('The disk is gone.'));
  expect(await privacy.exportPerson(toGuildId('g'), toPersonId('eva'))).toEqual({
    kind: 'failed',
  });
});
