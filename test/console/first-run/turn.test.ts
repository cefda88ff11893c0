import { expect, test } from 'vitest';
import { runTurn } from '#src/console/first-run/turn.ts';
import { noPackets } from '#src/conversation/hearing/speaker-inputs.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import type { IgnoreReason } from '#src/turn/answerable.ts';
import { openSetup } from '#test/console/exchange-setup.ts';

const never = new AbortController().signal;
const adam = { speakerId: 'a', name: 'Adam' } as const;
const words: SessionEvent = { kind: 'recognised', ...adam, text: 'what time is it' };
const ignored = (why: IgnoreReason): SessionEvent => ({ kind: 'ignored', ...adam, why });
/** Adam spoke from 0 to 1000 ms; it is 1000 ms now. */
async function spoke() {
  const instants = { firstPacketAtMs: 0, firstVoicedAtMs: 0, lastVoicedAtMs: 1_000 };
  const { parts, clock, witness: events, screen } = openSetup(() => instants);
  await clock.advance(1_000);
  let over = false;
  void runTurn({ person: 'Adam', wav: 'a.wav' }, parts, never).finally(() => {
    over = true;
  });
  await clock.advance(0);
  /** Whether all has been told `ms` later. */
  const isOver = async (ms: number) => {
    await clock.advance(ms);
    return over;
  };
  const answered = (endedAtMs: number): SessionEvent => ({
    kind: 'answered',
    ...adam,
    text: 'Five.',
    heardText: 'Five.',
    vainShare: 0,
    finish: 'cancelled',
    instants: { heardAtMs: 1_000, endedAtMs },
  });
  return { witness: events, screen, isOver, answered };
}

test.each(['not-named', 'dismissed', 'mentioned', 'off', 'bot'] as const)(
  'nobody waits for an answer to words that were left alone (%s)',
  async (why) => {
    const { witness: events, isOver } = await spoke();
    events.report(words);
    expect(await isOver(400)).toBe(false);
    events.report(ignored(why));
    expect(await isOver(400)).toBe(true);
  },
);

test('a reason without words of its own leaves the words before it waiting', async () => {
  const { witness, isOver, answered } = await spoke();
  witness.report(words);
  witness.report({ kind: 'stream', speakerId: 'a', packets: noPackets });
  witness.report(ignored('not-named'));
  expect(await isOver(20_000)).toBe(false);
  witness.report(answered(900));
  expect(await isOver(100)).toBe(true);
});

test.each([
  ['empty', '  No words were recognised.\n'],
  ['hallucination', '  No words were recognised, only words that recognisers make of noise.\n'],
] as const)('noise (%s) is told of once nothing else comes of what was said', async (why, line) => {
  const { witness, screen, isOver } = await spoke();
  witness.report(ignored('no-voice'));
  expect(await isOver(1_000)).toBe(false);
  witness.report(ignored(why));
  expect(await isOver(1_600)).toBe(true);
  expect(screen()).toBe(line);
});

test('after a stop nobody waits for an answer', async () => {
  const { witness, screen, isOver } = await spoke();
  witness.report(words);
  witness.report({ kind: 'done', command: 'stats' });
  expect(await isOver(5_000)).toBe(false);
  witness.report({ kind: 'done', command: 'press stop' });
  expect(await isOver(400)).toBe(true);
  expect(screen()).toBe('');
});

test('an answer that never comes is told of after a minute', async () => {
  const { witness, screen, isOver } = await spoke();
  witness.report(words);
  expect(await isOver(59_000)).toBe(false);
  expect(await isOver(2_000)).toBe(true);
  expect(screen()).toBe('  No answer came within a minute.\n');
});

test('somebody who is not noticed at all is told how to be heard', async () => {
  const { screen, isOver } = await spoke();
  expect(await isOver(15_000)).toBe(true);
  expect(screen()).toContain('Nova did not hear Adam: it hears only people who said yes.');
});
