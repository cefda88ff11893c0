import { expect, test } from 'vitest';
import type { DiscordEvent } from '#src/discord/events.ts';
import { VoiceStatus } from '#src/discord/panel/voice-status.ts';
import type { PanelFace } from '#src/session/ports/panel.ts';
import { type Locale, text } from '#src/texts/texts.ts';
import { rateLimit, refusal } from '#test/discord/setup/refusals.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const lounge = { guildId: 'g', channelId: 'lounge', name: 'Lounge' };
const face = (state: PanelFace['state']): PanelFace => ({ state, people: [], engine: 'built-in' });
const listening = face({ kind: 'listening' });
const hearing = (name: string) => face({ kind: 'hearing', name });

/** A status over a Discord that takes notes, fails as `failures` say, and tells what stands in the lounge when asked. */
function open({ stands = '' as string | null, locale = 'en' as Locale, may = true } = {}) {
  const timing = new SteppedTiming();
  const rights = { may };
  const puts: (readonly [atS: number, words: string])[] = [];
  const failures: unknown[] = [];
  const events: DiscordEvent[] = [];
  const asked: string[] = [];
  const status = new VoiceStatus({
    timing,
    tell: (event) => events.push(event),
    localeIn: () => locale,
    mayWrite: () => rights.may,
    ask: (guildId) => asked.push(guildId),
    async write(channelId, words) {
      puts.push([timing.nowMs() / 1000, words]);
      const failure = failures.shift();
      if (failure) throw failure;
      status.found(channelId, words);
    },
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      timing.passMs(100);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  };
  const leave = status.entered(lounge);
  if (stands !== null) status.read('g', new Map([['lounge', stands]]));
  return { status, timing, rights, puts, failures, events, asked, pass, leave };
}

test('the voice channel shows the state of the panel in the language of the server', async () => {
  const { status, puts, pass } = open({ locale: 'de' });
  status.show('g', hearing('A\u202en\u200bn'));
  await pass(100);
  expect(puts).toEqual([[0, text('panel.hearing', { name: 'Ann' }, 'de')]]);
});

test('the status is set on changes only, at most every 10 s, and what it shows last is the newest', async () => {
  const { status, puts, pass } = open();
  for (let n = 0; n < 100; n++) {
    status.show('g', n % 2 ? listening : hearing(`Ann ${n}`));
    await pass(250);
  }
  await pass(60_000);
  const gaps = puts.slice(1).map(([atS], n) => atS - (puts[n]?.[0] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10);
  expect(puts).toHaveLength(4);
  expect(puts.at(-1)?.[1]).toBe('Listening');
});

test('what a person has written there stays, from before or meanwhile, until they take it away', async () => {
  const { status, puts, pass, leave } = open({ stands: 'Film night' });
  status.show('g', listening);
  await pass(20_000);
  expect(puts).toEqual([]);
  status.found('lounge', '');
  await pass(100);
  expect(puts.map(([, words]) => words)).toEqual(['Listening']);
  status.found('lounge', 'Quiz');
  status.show('g', hearing('Ann'));
  await pass(20_000);
  await leave();
  expect(puts).toHaveLength(1);
});

test('where a person took the status away it is not set again', async () => {
  const { status, puts, pass } = open();
  status.show('g', listening);
  await pass(100);
  status.found('lounge', '');
  status.show('g', hearing('Ann'));
  await pass(20_000);
  expect(puts).toHaveLength(1);
});

test('as long as nobody has told what stands there nothing is set, and it is asked for twice at most', async () => {
  const { status, puts, asked, pass, leave } = open({ stands: null });
  status.show('g', listening);
  await pass(20_000);
  await leave();
  for (let n = 0; n < 3; n++) await status.entered(lounge)();
  expect([puts, asked]).toEqual([[], ['g', 'g']]);
});

test('what a former run has left is taken for ours', async () => {
  const { status, puts, pass } = open({ stands: 'Listening' });
  status.show('g', hearing('Ann'));
  await pass(100);
  expect(puts.map(([, words]) => words)).toEqual(['Hearing Ann']);
});

test('when it leaves the status is taken away, and nothing is set any more', async () => {
  const { status, puts, pass, leave } = open();
  status.show('g', listening);
  await pass(100);
  status.show('g', hearing('Ann'));
  await leave();
  await leave();
  status.show('g', listening);
  await pass(20_000);
  expect(puts.map(([, words]) => words)).toEqual(['Listening', '']);
});

test('a Discord that does not answer keeps nobody from leaving for longer than half a second', async () => {
  const { status, timing, pass, leave } = open();
  status.show('g', listening);
  await pass(100);
  const stuck = new VoiceStatus({
    timing,
    tell: () => undefined,
    localeIn: () => 'en',
    mayWrite: () => true,
    ask: () => undefined,
    write: () => new Promise(() => undefined),
  });
  const go = stuck.entered(lounge);
  stuck.read('g', new Map([['lounge', 'Listening']]));
  let gone = false;
  void go().then(() => {
    gone = true;
  });
  await pass(400);
  expect(gone).toBe(false);
  await pass(200);
  expect(gone).toBe(true);
  await leave();
});

test('what is shown while the bot is away is not shown there', async () => {
  const { status, puts, pass, leave } = open();
  await leave();
  status.show('g', face({ kind: 'reconnecting' }));
  const again = status.entered(lounge);
  status.read('g', new Map());
  await pass(100);
  status.show('g', listening);
  await pass(100);
  expect(puts.map(([, words]) => words)).toEqual(['Listening']);
  await again();
});

test('without the right nothing is asked, set or told', async () => {
  const { status, puts, asked, events, pass, leave } = open({ may: false });
  status.show('g', listening);
  await pass(20_000);
  await leave();
  expect([puts, asked, events]).toEqual([[], [], []]);
});

test('whoever was thrown out leaves the status to Discord', async () => {
  const { status, rights, puts, pass, leave } = open();
  status.show('g', listening);
  await pass(100);
  rights.may = false;
  await leave();
  expect(puts).toHaveLength(1);
});

test('a refusal is told once, and ends it for this session', async () => {
  const { status, failures, puts, events, pass, leave } = open();
  failures.push(refusal(403, 50_013));
  status.show('g', listening);
  await pass(100);
  status.show('g', hearing('Ann'));
  await pass(200_000);
  await leave();
  expect([puts.length, events.length]).toEqual([1, 1]);
  expect(events).toMatchObject([{ kind: 'warning' }]);
});

test.each([
  ['a broken Discord', refusal(502, 0), 60, 1],
  ['a rate limit', rateLimit(25_000), 25, 0],
])('after %s the newest state is set later', async (_, failure, waitS, told) => {
  const { status, failures, puts, events, pass } = open();
  failures.push(failure);
  status.show('g', listening);
  await pass(100);
  status.show('g', hearing('Ann'));
  await pass(100_000);
  expect(puts.map(([, words]) => words)).toEqual(['Listening', 'Hearing Ann']);
  expect(puts[1]?.[0]).toBeGreaterThanOrEqual(waitS);
  expect(events).toHaveLength(told);
});
