import type { Interaction } from 'discord.js';
import { expect, test } from 'vitest';
import type { Button, CommandPorts } from '#src/conversation/command.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import {
  type Admission,
  InteractionLimits,
  type LimitedRequest,
  TokenBuckets,
} from '#src/discord/interactions/rate-limits.ts';
import { InteractionReceiver } from '#src/discord/interactions/reception.ts';
import { text } from '#src/texts/texts.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';
import { openAccess } from '#test/fakes/open-access.ts';
import { fc } from '#test/properties.ts';

const knock: LimitedRequest = { kind: 'command', name: 'help', userId: 'mallory', guildId: 'g' };

/** Outcomes of so many presses, evenly over a time. */
function flood(
  limits: InteractionLimits,
  knocks: readonly LimitedRequest[],
  overMs: number,
  fromMs = 0,
) {
  const all = knocks.map((one, n) => limits.admit(one, fromMs + (n * overMs) / knocks.length));
  const count = (kind: Admission['kind']) => all.filter((one) => one.kind === kind).length;
  return [count('admitted'), count('refused'), count('dropped')];
}

const times = (n: number, make: (n: number) => Partial<LimitedRequest>): LimitedRequest[] =>
  Array.from({ length: n }, (_, at) => ({ ...knock, ...make(at) }));

test('of 200 commands a second of one person ten are done, one is answered, and the rest is dropped', () => {
  const limits = new InteractionLimits(5);
  expect(
    flood(
      limits,
      times(200, () => ({})),
      1_000,
    ),
  ).toEqual([10, 1, 189]);
  expect(
    flood(
      limits,
      times(2_000, () => ({})),
      10_000,
      1_000,
    ),
  ).toEqual([5, 0, 1_995]);
});

test('what others do holds up nobody who leaves, stops it, or says no', () => {
  const limits = new InteractionLimits(5);
  flood(
    limits,
    times(1_000, (n) => ({ userId: `${n % 50}` })),
    0,
  );
  const quiet = ['leave', 'stop', 'press stop', 'privacy deny', 'press consent.never'];
  for (const name of quiet)
    expect(limits.admit({ ...knock, name, userId: 'eva' }, 0)).toEqual({ kind: 'admitted' });
  expect(limits.admit({ ...knock, userId: 'eva' }, 0)).toMatchObject({ kind: 'refused' });
});

test('a server is joined three times a minute, whoever asks', () => {
  const limits = new InteractionLimits(5);
  const all = times(30, (n) => ({ name: 'join', userId: `${n}` }));
  expect(flood(limits, all, 60_000)).toEqual([5, 25, 0]);
  expect(flood(limits, all.slice(0, 3), 0, 180_000)).toEqual([3, 0, 0]);
});

test('suggestions are dropped without a word above a hundred keys at once, and cost no command', () => {
  const limits = new InteractionLimits(5);
  expect(
    flood(
      limits,
      times(500, () => ({ kind: 'suggestion' })),
      0,
    ),
  ).toEqual([100, 0, 400]);
  expect(limits.admit(knock, 0)).toEqual({ kind: 'admitted' });
});

test('in no span of time does a bucket give more than its burst and its rate, whatever the clock does', () => {
  const steps = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (all) => {
      const buckets = new TokenBuckets({ burst: 4, perSecond: 2 });
      let [atMs, forwardMs, given] = [100_000, 0, 0];
      for (const step of all) {
        atMs += step;
        forwardMs += Math.max(0, step);
        if (buckets.take('a', atMs) === 0) given++;
      }
      expect(given).toBeLessThanOrEqual(4 + (forwardMs / 1_000) * 2);
    }),
  );
});

/** Press on a button, with the fields that are read. */
function press(id: number, guildId: string, userId: string, said: unknown[]): Interaction {
  return {
    id: `${id}`,
    customId: 'parley:hark',
    locale: 'en',
    guildId,
    user: { id: userId },
    guild: { preferredLocale: 'en' },
    member: { displayName: userId, voice: {} },
    isAutocomplete: () => false,
    isChatInputCommand: () => false,
    isMessageContextMenuCommand: () => false,
    isButton: () => true,
    isAnySelectMenu: () => false,
    inCachedGuild: () => true,
    async reply(message: unknown) {
      said.push(message);
      return {};
    },
  } as unknown as Interaction;
}

test('in a flood Discord gets few answers, one of them says why, and other servers get theirs at once', async () => {
  const events: DiscordEvent[] = [];
  let done = 0;
  const hark: Button = {
    name: 'hark',
    label: 'button.confirm',
    style: 'main',
    async run() {
      done++;
      return [{ id: 'stop.ok', to: 'caller' }];
    },
  };
  const timing = new SteppedTiming();
  const reception = new InteractionReceiver({
    commands: [],
    forms: [],
    pickers: [],
    commandsPerPerson: 5,
    ports: { ...openAccess } as CommandPorts,
    timing,
    buttons: new Map([['hark', hark]]),
    panels: { dressed: () => ({ content: '', allowedMentions: { parse: [] } }), put: () => {} },
    report: (event) => events.push(event),
  });
  const [flooded, other]: [unknown[], unknown[]] = [[], []];
  for (let n = 0; n < 2_000; n++) {
    reception.meet(press(n, 'g', 'mallory', flooded));
    if (n % 1_000 === 999) reception.meet(press(9_000 + n, 'h', 'eva', other));
    timing.passMs(5);
    await Promise.resolve();
  }
  await expect.poll(() => other.length).toBe(2);
  expect(flooded.length).toBe(15);
  expect(done).toBe(16);
  const words = flooded.map((message) => JSON.stringify(message));
  const why = words.filter((one) => one.includes(text('slow.down', { s: 2 })));
  expect(why).toHaveLength(1);
  expect(events.filter(({ kind }) => kind !== 'command')).toEqual([]);
});
