import { expect, test } from 'vitest';
import type { ToolCall } from '#src/chat/ports.ts';
import { PaidPipeline } from '#src/conversation/engines/paid-engines.ts';
import { PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import type { Pipeline, ReplyPart } from '#src/pipeline/pipeline.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { freeReservation } from '#test/fakes/spending.ts';

const turn = { said: [], style: { instructions: '', voice: {} }, history: [], tools: [] };
const staying = new AbortController().signal;
const call: ToolCall = { id: '1', name: 'lamp', argumentsJson: '{}' };
const sound: ReplyPart = {
  kind: 'audio',
  pcm: { samples: new Int16Array(480), rateHz: 24_000, channels: 1 },
};

function thinking(pipeline: Pipeline, preemptiveBudget = new PreemptiveBudget(), signal = staying) {
  const clock = new VirtualClock();
  const parts = {
    pipeline: new PaidPipeline(pipeline),
    reservation: freeReservation(),
    preemptiveBudget,
    basis: {},
    owner: 'given' as const,
    nowMs: () => clock.nowMs(),
  };
  return { clock, waste: preemptiveBudget, one: new PendingAnswer(turn, parts, signal) };
}

/** Writes, asks for a tool, then speaks five times; `pulled` counts what was taken of it. */
function talker() {
  const seen = { pulled: 0, ran: 0, ended: undefined as unknown };
  const pipeline: Pipeline = {
    async *answer(_turn, host, signal) {
      signal.addEventListener('abort', () => {
        seen.ended = signal.reason;
      });
      yield { kind: 'text', text: 'Hello.' };
      host.spent({ inputTokens: 30, outputTokens: 10 });
      for (let n = 0; n < 5; n++) {
        seen.pulled++;
        yield sound;
        if (n > 0) continue;
        await host.run(call, signal);
        seen.ran++;
      }
    },
  };
  return { seen, pipeline };
}

test('an answer that is prepared is read up to its first sound and not further', async () => {
  const { seen, pipeline } = talker();
  const { clock, one } = thinking(pipeline);
  await clock.advance(1_000);
  expect(seen).toMatchObject({ pulled: 1, ran: 0 });
  one.discard();
});

test('a released answer comes whole, with the instants at which its parts came', async () => {
  const { seen, pipeline } = talker();
  const { clock, one } = thinking(pipeline);
  await clock.advance(300);
  const all = await Array.fromAsync(one.release(new SpokenReply(), staying));
  expect(all.map(({ part }) => part.kind)).toEqual([
    'text',
    ...Array.from({ length: 5 }, () => 'audio'),
  ]);
  expect(all[0]?.atMs).toBe(0);
  expect(all.at(-1)?.atMs).toBe(300);
  expect(seen.ran).toBe(1);
});

test('an answer that is dropped has run no tool, and its tokens were in vain', async () => {
  const { seen, pipeline } = talker();
  const { clock, waste: preemptiveBudget, one } = thinking(pipeline);
  await clock.advance(100);
  one.discard();
  await clock.advance(10_000);
  expect(seen.ran).toBe(0);
  expect(seen.ended).toBeInstanceOf(Error);
  expect(preemptiveBudget.share).toBe(1);
});

test('tokens that are told after the drop were in vain as well', async () => {
  const pipeline: Pipeline = {
    async *answer(_turn, host, signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      host.spent({ inputTokens: 5_000, outputTokens: 0 });
      yield sound;
    },
  };
  const { clock, waste: preemptiveBudget, one } = thinking(pipeline);
  one.discard();
  await clock.advance(10);
  expect(preemptiveBudget.allows).toBe(false);
});

test('a wanted answer is no waste, and one that is taken back unheard is', async () => {
  const { pipeline } = talker();
  const { waste: preemptiveBudget, one } = thinking(pipeline);
  await Array.fromAsync(one.release(new SpokenReply(), staying));
  expect(preemptiveBudget.share).toBe(0);
  one.discard();
  expect(preemptiveBudget.share).toBe(1);
});

test('what the pipeline throws comes after what it gave', async () => {
  const error = new Error('no voice');
  const pipeline: Pipeline = {
    async *answer() {
      yield { kind: 'text', text: 'Hello.' };
      throw error;
    },
  };
  const { clock, one } = thinking(pipeline);
  await clock.advance(10);
  const given: string[] = [];
  const reading = async () => {
    for await (const { part } of one.release(new SpokenReply(), staying)) given.push(part.kind);
  };
  await expect(reading()).rejects.toBe(error);
  expect(given).toEqual(['text']);
});

test('aborting whoever reads ends the answer with that reason', async () => {
  const { seen, pipeline } = talker();
  const stopping = new AbortController();
  const { one } = thinking(pipeline);
  const reason = new Error('stopped');
  stopping.abort(reason);
  const reading = Array.fromAsync(one.release(new SpokenReply(), stopping.signal));
  await expect(reading).rejects.toBe(reason);
  expect(seen.ended).toBe(reason);
});
