import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { Pipeline, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import { turnOf } from '#test/contracts/pipeline.ts';
import type { TalkReply } from '#test/fakes/providers/realtime-call.ts';
import { openTalking, PlayingHost, speaking } from './realtime-fake.ts';

const turns = 150;
const text = 'Well, as you ask, it is four.';
const endings: TalkReply['ends'][] = [undefined, undefined, 'fail', 'drop', 'stall', 'close'];

/** Numbers from 0 to 1, the same every time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

type Finish = 'completed' | 'cancelled' | 'failed';

/** One question, its answer read until the reader leaves, and how that ended. */
async function ask(pipeline: Pipeline, turn: Turn, leavesAfter: number) {
  const host = new PlayingHost();
  const caller = new AbortController();
  let [finish, parts]: [Finish, number] = ['completed', 0];
  try {
    for await (const part of pipeline.answer(turn, host, caller.signal)) {
      host.heardMs += part.kind === 'audio' ? 20 : 0;
      if (parts++ > leavesAfter) caller.abort(new Error('interrupted'));
    }
  } catch {
    finish = caller.signal.aborted ? 'cancelled' : 'failed';
  }
  return { finish, wasHeard: host.heardMs > 0, signal: caller.signal };
}

/** Speaks, and goes up while that. */
function saidLive(pipeline: Pipeline, turn: number): TurnUtterance {
  const said = speaking(`question ${turn}`, 200 + 10 * turn, '1', turn);
  const samples = said.pcm?.samples ?? new Int16Array(0);
  for (let at = 0; at < 3200; at += 320) pipeline.hear?.(samples.slice(at, at + 320), '1', turn);
  return said;
}

test('after an evening of faults and interruptions every answer has ended once, and nothing is left behind', async () => {
  const roll = dice(6);
  const answer = (): TalkReply => {
    const ends = endings[Math.floor(roll() * endings.length)];
    return { text, ...(ends && { ends }) };
  };
  const limits = { firstMs: 40, idleMs: 40, cancelMs: 40 };
  await using talking = await openTalking({ answer, limits });
  const history: ChatMessage[] = [];
  const finished: Record<Finish, number> = { completed: 0, cancelled: 0, failed: 0 };
  const signals: AbortSignal[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const said = saidLive(talking.pipeline, turn);
    const leavesAfter = roll() < 0.3 ? Math.floor(roll() * 12) : Number.POSITIVE_INFINITY;
    const asked = { ...turnOf(said), history: history.slice(-6) };
    const { finish, wasHeard, signal } = await ask(talking.pipeline, asked, leavesAfter);
    finished[finish]++;
    signals.push(signal);
    history.push({ role: 'user', name: 'Ana', content: `question ${turn}` });
    if (wasHeard) history.push({ role: 'assistant', content: 'Well,' });
  }
  expect(Math.min(...Object.values(finished))).toBeGreaterThan(10);
  await expect.poll(() => talking.running()).toBe(0);
  await talking.settled();
  expect(talking.server.open).toBeLessThanOrEqual(1);
  expect(signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
  expect(talking.server.calls.flatMap(({ errors }) => errors)).toEqual([]);
});
