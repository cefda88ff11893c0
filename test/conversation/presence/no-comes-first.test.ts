import { setImmediate } from 'node:timers/promises';
import { inject } from 'vitest';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/transcript-stores.ts';
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
import { withPostgres } from '#test/fakes/postgres.ts';

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
