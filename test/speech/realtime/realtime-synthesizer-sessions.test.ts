import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import type { AloudReply } from '#test/fakes/providers/realtime-aloud.ts';
import { openReader } from './reader.ts';

const endings: readonly AloudReply[] = [
  {},
  {},
  {},
  { ends: 'fail', endsAfter: 1 },
  { ends: 'incomplete' },
  { ends: 'stall', endsAfter: 1 },
  { ends: 'silence' },
  { ends: 'drop', endsAfter: 2 },
];

/** Dice with fixed numbers. */
function dice(): (sides: number) => number {
  let state = 7;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * sides);
  };
}

type End = 'completed' | 'cancelled' | 'failed';

async function endOf(voice: Synthesizer, text: string, leavesAfter: number): Promise<End> {
  const leaving = new AbortController();
  try {
    let pieces = 0;
    for await (const _ of voice.synthesize(text, {}, leaving.signal)) {
      if (++pieces === leavesAfter) leaving.abort('stop');
    }
    return 'completed';
  } catch (error) {
    if (error === 'stop') return 'cancelled';
    if (error instanceof BotError) return 'failed';
    throw error;
  } finally {
    expect(getEventListeners(leaving.signal, 'abort')).toEqual([]);
  }
}

test('after three hundred texts with faults, each of one end, nothing is left', async () => {
  await using reader = await openReader();
  const roll = dice();
  reader.server.set({ aloud: () => endings[roll(endings.length)] ?? {} });
  const ends: End[] = [];
  {
    using engine = reader.opened({ limits: { idleMs: 30, cancelMs: 200 } });
    const reads = Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 75; n++) ends.push(await endOf(engine, 'One two three.', roll(6)));
    });
    await Promise.all(reads);
    expect(ends).toHaveLength(300);
    expect(new Set(ends)).toEqual(new Set(['completed', 'cancelled', 'failed']));
    await expect.poll(() => reader.server.open).toBeLessThanOrEqual(1);
  }
  await expect.poll(() => reader.server.open).toBe(0);
});
