import { expect, test } from 'vitest';
import { takeTurn } from '#src/console/first-run/turn.ts';
import { noPackets } from '#src/session/hearing/speaker-inputs.ts';
import type { SessionEvent } from '#src/session/ports/events.ts';
import type { IgnoreReason } from '#src/turn/answerable.ts';
import { openStage } from '#test/console/stage.ts';

const never = new AbortController().signal;
const adam = { speakerId: 'a', name: 'Adam' } as const;
const words: SessionEvent = { kind: 'recognised', ...adam, text: 'what time is it' };
const ignored = (why: IgnoreReason): SessionEvent => ({ kind: 'ignored', ...adam, why });
const alone =
  '  Nova left that alone: with several people it answers to its name ("Nova, ...") or after Ask.\n';

/** Adam spoke from 0 to 1000 ms; it is 1000 ms now. */
async function spoke(said = 'what time is it') {
  const instants = { firstPacketAtMs: 0, firstVoicedAtMs: 0, lastVoicedAtMs: 1_000 };
  const { stage, clock, witness: events, look } = openStage(() => instants);
  await clock.advance(1_000);
  let over = false;
  const part = { person: 'Adam', wav: 'a.wav', words: said, known: true };
  void takeTurn(part, stage, never).finally(() => {
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
  return { witness: events, look, isOver, answered };
}

test('words that were left alone are told of with the reason, and nobody waits for an answer', async () => {
  const { witness: events, look, isOver } = await spoke();
  events.tell(words);
  expect(await isOver(400)).toBe(false);
  events.tell(ignored('not-named'));
  expect(await isOver(400)).toBe(true);
  expect(look()).toBe(alone);
});

test('a name that was said and not recognised is told of as that', async () => {
  const { witness: events, look, isOver } = await spoke('Nova, what time is it');
  events.tell(words);
  events.tell(ignored('not-named'));
  expect(await isOver(400)).toBe(true);
  const misheard = 'the recogniser did not catch "Nova". Say it again, or press Ask first.';
  expect(look()).toBe(`  Nova left that alone: ${misheard}\n`);
});

test('a reason without words of its own leaves the words before it waiting', async () => {
  const { witness, look, isOver, answered } = await spoke();
  witness.tell(words);
  witness.tell({ kind: 'stream', speakerId: 'a', packets: noPackets });
  witness.tell(ignored('not-named'));
  expect(await isOver(20_000)).toBe(false);
  witness.tell(answered(900));
  expect(await isOver(100)).toBe(true);
  expect(look()).toBe(`${alone}  Nova   Five. (cancelled)\n`);
});

test('noise is told of once nothing else comes of what was said', async () => {
  const { witness, look, isOver } = await spoke();
  witness.tell(ignored('no-voice'));
  expect(await isOver(1_000)).toBe(false);
  witness.tell(ignored('empty'));
  expect(await isOver(1_600)).toBe(true);
  expect(look()).toBe('  No words were recognised.\n');
});

test('noise beside an answer is not worth a word', async () => {
  const { witness, look, isOver, answered } = await spoke();
  witness.tell(ignored('no-voice'));
  witness.tell(words);
  witness.tell(ignored('mentioned'));
  witness.tell(words);
  witness.tell(answered(1_000));
  expect(await isOver(100)).toBe(true);
  const mentioned = '  Nova left that alone: it was talked about, not talked to.\n';
  expect(look()).toBe(`${mentioned}  Nova   Five. (cancelled)\n`);
});

test('what was cut in two and answered at once is waited for once', async () => {
  const { witness, look, isOver, answered } = await spoke();
  witness.tell(words);
  await isOver(300);
  witness.tell(words);
  witness.tell(answered(1_200));
  expect(await isOver(100)).toBe(true);
  expect(look()).toBe('  Nova   Five. (cancelled)\n');
});

test('after a stop nobody waits for an answer', async () => {
  const { witness, look, isOver } = await spoke();
  witness.tell(words);
  witness.tell({ kind: 'done', errand: 'stats' });
  expect(await isOver(5_000)).toBe(false);
  witness.tell({ kind: 'done', errand: 'press stop' });
  expect(await isOver(400)).toBe(true);
  expect(look()).toBe('');
});

test('an answer that never comes is told of after a minute', async () => {
  const { witness, look, isOver } = await spoke();
  witness.tell(words);
  expect(await isOver(59_000)).toBe(false);
  expect(await isOver(2_000)).toBe(true);
  expect(look()).toBe('  No answer came within a minute.\n');
});

test('somebody who is not noticed at all is told how to be heard', async () => {
  const { look, isOver } = await spoke();
  expect(await isOver(15_000)).toBe(true);
  expect(look()).toContain('Nova did not hear Adam: it hears only people who said yes.');
});
