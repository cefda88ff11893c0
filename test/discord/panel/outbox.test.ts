import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type MessageOutcome, Outbox } from '#src/discord/panel/outbox.ts';
import { rateLimit } from '#test/discord/setup/refusals.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const never = new AbortController().signal;

/** An outbox to a Discord that answers as `replies` say, in order, and then takes everything. */
function open(replies: readonly (() => Promise<void>)[] = []) {
  const timing = new SteppedTiming();
  const outcomes: MessageOutcome[] = [];
  const outbox = new Outbox(timing, (outcome) => void outcomes.push(outcome));
  const sent: string[] = [];
  const left = [...replies];
  const put = (text: string, { channel = 'a', signal = never } = {}) => {
    const send = async () => {
      sent.push(text);
      await left.shift()?.();
    };
    const fate = outbox.put(channel, send, signal).then(
      () => 'taken',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
    return fate;
  };
  const pass = async (ms: number) => {
    timing.passMs(ms);
    await turn();
  };
  return { outbox, outcomes, sent, put, pass };
}

const hang = () => new Promise<void>(() => {});
const limited = (ms: number) => () => Promise.reject(rateLimit(ms));

test('a message that Discord does not answer is given up after 4 s, and the next one is sent', async () => {
  const { put, pass, sent, outcomes } = open([hang]);
  const fates = [put('1'), put('2')];
  await pass(3_999);
  expect(sent).toEqual(['1']);
  await pass(1);
  expect(await Promise.all(fates)).toEqual(['discord.unreachable', 'taken']);
  expect(outcomes).toEqual(['failed', 'sent']);
});

test('waiting for a rate limit does not count against the 4 s, and nothing is sent meanwhile', async () => {
  const { put, pass, sent } = open([limited(60_000)]);
  const fates = [put('1'), put('2')];
  await pass(0);
  await pass(59_999);
  expect(sent).toEqual(['1']);
  await pass(1);
  expect(await Promise.all(fates)).toEqual(['taken', 'taken']);
  expect(sent).toEqual(['1', '1', '2']);
});

test('what would wait for more than two minutes is not sent any more, what came later is', async () => {
  const { put, pass, sent, outcomes } = open([limited(60_000), limited(60_000), limited(30_000)]);
  const old = put('old');
  await pass(0);
  await pass(60_000);
  const young = put('young');
  await pass(60_000);
  expect(await old).toBe('discord.unsent');
  await pass(30_000);
  expect(await young).toBe('taken');
  expect([sent, outcomes]).toEqual([
    ['old', 'old', 'young', 'young'],
    ['late', 'sent'],
  ]);
});

test('a rate limit of an hour is no limit of Discord: a message leaves soon after it was forgotten', async () => {
  const { put, pass, sent } = open([limited(3_600_000)]);
  const fate = put('1');
  await pass(0);
  await pass(5_000);
  expect([await fate, sent]).toEqual(['taken', ['1', '1']]);
});

test('of more than 20 messages for one channel the oldest that is not being sent is dropped, and counted', async () => {
  const { put, pass, sent, outcomes } = open([hang]);
  const fates = Array.from({ length: 22 }, (_, n) => put(`${n}`));
  await pass(4_000);
  expect((await Promise.all(fates)).slice(0, 5)).toEqual([
    'discord.unreachable',
    'discord.unsent',
    'discord.unsent',
    'taken',
    'taken',
  ]);
  expect(sent).toHaveLength(20);
  expect(outcomes.filter((outcome) => outcome === 'crowded-out')).toHaveLength(2);
});

test.each(['behind another', 'under a rate limit'])(
  'a message taken back while it waits %s is not sent',
  async (where) => {
    const isBehind = where === 'behind another';
    const { put, pass, sent } = open([isBehind ? hang : limited(1_000)]);
    const over = new AbortController();
    if (isBehind) void put('first');
    const fate = put('late', { signal: over.signal });
    await pass(0);
    over.abort('asked to stop');
    expect(await fate).toBe('asked to stop');
    await pass(10_000);
    expect(sent).toEqual([isBehind ? 'first' : 'late']);
  },
);
