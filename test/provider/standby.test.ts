import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { Breaker } from '#src/provider/breaker.ts';
import { FallbackChain } from '#src/provider/fallback-chain.ts';
import type { ProviderNews } from '#src/provider/provider-news.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';

const never = new AbortController().signal;
const deadlines = {
  firstMs: 300_000,
  coldFirstMs: 300_000,
  idleMs: 15_000,
  totalMs: 480_000,
  retryWithinMs: 500,
};
const refused = new BotError('provider.refused', true, 'No.');

/** Servers that play a list of steps each; the next is asked as well after 10 s. */
function open(...servers: readonly (readonly ChatStep[])[]) {
  const clock = new VirtualClock();
  const models = servers.map((steps) => new FakeChat([steps], clock));
  const news: ProviderNews[] = [];
  const fallbacks = models.map((model, n) => ({
    provider: `server ${n}`,
    breaker: new Breaker({ failures: 1, firstRestMs: 5_000, longestRestMs: 60_000 }, clock),
    engine: () => model,
  }));
  const report = (one: ProviderNews) => void news.push(one);
  const rules = { role: 'chat', clock, deadlines, retries: false, standbyMs: 10_000 } as const;
  const chain = new FallbackChain<FakeChat>({ ...rules, fallbacks, report });
  const ask = async (signal = never) => {
    let words = '';
    const request = {
      ask: (model: FakeChat, inner: AbortSignal) => model.reply([], [], inner),
      isOutput: () => true,
    };
    for await (const part of chain.run(request, signal)) {
      if (part.kind === 'text') words += part.text;
    }
    return words;
  };
  const asked = () => models.map((model) => model.asked.length);
  const running = () => models.map((model) => model.running);
  const kinds = () => news.map(({ kind }) => kind);
  return { clock, ask, asked, running, kinds, breakers: fallbacks.map((one) => one.breaker) };
}

test('a server that answers within 10 s is asked alone', async () => {
  const { clock, ask, asked } = open([{ waitMs: 9_999 }, 'yes'], ['other']);
  const reported = ask();
  await clock.advance(20_000);
  expect(await reported).toBe('yes');
  expect(asked()).toEqual([1, 0]);
  expect(clock.sleeping).toBe(0);
});

test('after 10 s the next is asked as well, and the one that hangs is left and rests', async () => {
  const { clock, ask, asked, running, kinds, breakers } = open(['stall'], ['other']);
  const reported = ask();
  await clock.advance(9_999);
  expect(asked()).toEqual([1, 0]);
  await clock.advance(1);
  expect(await reported).toBe('other');
  await settled();
  expect(running()).toEqual([0, 0]);
  expect(kinds()).toContain('failed');
  expect(breakers.map(({ isClosed }) => isClosed)).toEqual([false, true]);
  expect(clock.sleeping).toBe(0);
});

test('a slow server answers all the same, where the one asked beside it is slower', async () => {
  const { clock, ask, running, breakers } = open([{ waitMs: 100_000 }, 'slow'], ['stall']);
  const reported = ask();
  await clock.advance(100_000);
  expect(await reported).toBe('slow');
  await settled();
  expect(running()).toEqual([0, 0]);
  expect(breakers.map(({ isClosed }) => isClosed)).toEqual([true, true]);
});

test('a slow server answers all the same, where the one asked beside it fails', async () => {
  const { clock, ask } = open([{ waitMs: 100_000 }, 'slow'], [{ error: refused }]);
  const reported = ask();
  await clock.advance(100_000);
  expect(await reported).toBe('slow');
});

test('a slow server that fails leaves the answer to the one asked beside it', async () => {
  const first: ChatStep[] = [{ waitMs: 50_000 }, { error: refused }];
  const { clock, ask, asked } = open(first, [{ waitMs: 90_000 }, 'other']);
  const reported = ask();
  await clock.advance(100_000);
  expect(await reported).toBe('other');
  expect(asked()).toEqual([1, 1]);
});

test('where both fail, the last failure is told', async () => {
  const first: ChatStep[] = [{ waitMs: 50_000 }, { error: refused }];
  const { clock, ask } = open(first, [{ waitMs: 5_000 }, { error: refused }]);
  const reported = ask().catch((error: unknown) => error);
  await clock.advance(50_000);
  expect(await reported).toMatchObject({
    code: 'provider.refused',
    about: { provider: 'server 0' },
  });
});

test('who leaves while both are asked stops both, and no server is blamed', async () => {
  const { clock, ask, running, kinds, breakers } = open(['stall'], ['stall']);
  const leaving = new AbortController();
  const reported = ask(leaving.signal).catch((error: unknown) => error);
  await clock.advance(20_000);
  expect(running()).toEqual([1, 1]);
  const reason = new Error('left');
  leaving.abort(reason);
  expect(await reported).toBe(reason);
  await settled();
  expect(running()).toEqual([0, 0]);
  expect(kinds()).toEqual([]);
  expect(breakers.map(({ isClosed }) => isClosed)).toEqual([true, true]);
});
