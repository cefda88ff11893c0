import { expect, test } from 'vitest';
import { CurrentPipeline } from '#src/conversation/engines/current-pipeline.ts';
import { PaidPipeline } from '#src/conversation/engines/paid-engines.ts';
import type { AnswerHost, Pipeline, PipelineName, Turn } from '#src/pipeline/pipeline.ts';
import { freeReservation } from '#test/fakes/spending.ts';

const turn: Turn = {
  said: [],
  style: { instructions: '', voice: {} },
  history: [],
  tools: [],
};
const host: AnswerHost = {
  playedMs: () => 0,
  run: async () => ({ content: '' }),
  spent: () => undefined,
};

/** A stay whose server may choose; every pipeline keeps what became of it. */
function open() {
  const log: string[] = [];
  const over = new AbortController();
  let wanted: PipelineName = 'chained';
  const make = (name: PipelineName): Pipeline & Disposable => ({
    async *answer() {
      yield { kind: 'text', text: name };
      yield { kind: 'text', text: 'still' };
    },
    [Symbol.dispose]: () => void log.push(`${name} closed`),
  });
  const current = new CurrentPipeline(
    (name) => {
      log.push(`${name} opened`);
      return new PaidPipeline(make(name));
    },
    () => ({ name: wanted }),
    over.signal,
  );
  const choose = (name: PipelineName) => {
    wanted = name;
    current.follow();
  };
  const answer = () => {
    const end = new AbortController();
    return {
      end,
      parts: current
        .paidBy(freeReservation())
        .answer(turn, host, end.signal)
        [Symbol.asyncIterator](),
    };
  };
  return { log, over, current, choose, answer };
}

const text = (text: string) => ({ done: false, value: { kind: 'text', text } });

test('a pipeline is opened with the first answer, and once in a session', () => {
  const { log, answer } = open();
  expect(log).toEqual([]);
  answer();
  answer();
  expect(log).toEqual(['chained opened']);
});

test('a running answer ends as it began, and only then its pipeline is closed', async () => {
  const { log, answer, choose } = open();
  const first = answer();
  expect(await first.parts.next()).toEqual(text('chained'));
  choose('realtime');
  const second = answer();
  expect(await second.parts.next()).toEqual(text('realtime'));
  expect(await first.parts.next()).toEqual(text('still'));
  expect(log).toEqual(['chained opened', 'realtime opened']);
  first.end.abort();
  expect(log).toEqual(['chained opened', 'realtime opened', 'chained closed']);
});

test('a switch closes what answers nobody at once', () => {
  const { log, answer, choose } = open();
  answer().end.abort();
  choose('realtime');
  expect(log).toEqual(['chained opened', 'chained closed']);
});

test('a switch there and back takes effect once for each answer', () => {
  const { log, answer, choose } = open();
  answer();
  choose('realtime');
  choose('chained');
  answer();
  expect(log).toEqual(['chained opened', 'chained opened']);
});

test('with the session every pipeline is closed once, and nobody is answered any more', async () => {
  const { log, over, current, choose, answer } = open();
  const first = answer();
  choose('realtime');
  const second = answer();
  first.end.abort();
  second.end.abort();
  over.abort();
  expect(log.filter((line) => line.endsWith('closed'))).toEqual([
    'chained closed',
    'realtime closed',
  ]);
  expect(await answer().parts.next()).toMatchObject({ done: true });
  current.paidBy(freeReservation()).hear(new Int16Array(320), 'adam', 0);
  current.forgetHeard('adam', 0);
  expect(log).toHaveLength(4);
});
