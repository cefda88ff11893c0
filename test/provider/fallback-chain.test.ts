import type { Clock } from '#src/base/clock.ts';
import { BotError, type ErrorCode, type FailureServer } from '#src/base/errors.ts';
import { CircuitBreaker, FallbackChain } from '#src/provider/fallback-chain.ts';
import { waitUntilAborted } from '#test/fakes/fake-chat.ts';
import { VirtualClock, waitUntilSettled } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const limits = {
  firstMs: 1000,
  coldFirstMs: 3000,
  maxFirstMs: 8000,
  extraSizeMs: 500,
  idleMs: 20_000,
  totalMs: 10_000,
  retryWithinMs: 500,
};

type ScriptedStep = string | BotError | 'hang' | { readonly waitMs: number };
/** An engine that plays one list of steps a request, the last one again and again. */
type Engine = {
  readonly rounds: ScriptedStep[][];
  asked: number;
  running: number;
};

const makeBroken = (
  code: ErrorCode = 'provider.refused',
  retryable = true,
  about: FailureServer = {},
) => new BotError(code, retryable, `${code}.`, undefined, undefined, about);
const makeEngine = (...rounds: ScriptedStep[][]) => ({ rounds, asked: 0, running: 0 });

async function* playEngine(engine: Engine, clock: Clock, signal: AbortSignal) {
  const steps = engine.rounds[Math.min(engine.asked++, engine.rounds.length - 1)] ?? [];
  engine.running++;
  try {
    for (const step of steps) {
      if (step === 'hang') await waitUntilAborted(signal);
      else if (step instanceof BotError) throw step;
      else if (typeof step === 'string') yield step;
      else await clock.sleep(step.waitMs, signal);
    }
  } finally {
    engine.running--;
  }
}

type ProviderNews = Parameters<
  ConstructorParameters<typeof FallbackChain>[0]['report']
>[0];
type Rules = {
  readonly failures?: number;
};

function openChain(engines: readonly Engine[], { failures = 1 }: Rules = {}) {
  const clock = new VirtualClock();
  const news: ProviderNews[] = [];
  const rules = { failures, firstRestMs: 5_000, maxRestMs: 20_000 };
  const fallbacks = engines.map((engine, n) => ({
    provider: `server ${n}`,
    breaker: new CircuitBreaker(rules, clock),
    engine,
  }));
  const reportNews = (event: ProviderNews) => void news.push(event);
  const chain = new FallbackChain<Engine>({
    role: 'chat',
    fallbacks,
    clock,
    deadlines: limits,
    report: reportNews,
  });
  const askChain = async (signal = never) => {
    const asking = {
      ask: (engine: Engine, inner: AbortSignal) => playEngine(engine, clock, inner),
      isOutput: () => true,
    };
    const pieces: string[] = [];
    try {
      for await (const part of chain.run(asking, signal)) pieces.push(part);
      return pieces.join('');
    } catch (error) {
      return { parts: pieces.join(''), error };
    }
  };
  const passMeanwhile = async <T>(work: Promise<T>, ms: number) => {
    await clock.advance(ms);
    return await work;
  };
  const listKinds = () => news.map(({ kind }) => kind);
  return {
    clock,
    news,
    kinds: listKinds,
    chain,
    fallbacks,
    ask: askChain,
    passing: passMeanwhile,
  };
}

test.each([
  ['400', makeBroken('provider.refused', false, { status: 400 })],
  ['401', makeBroken('provider.bad_key', false, { status: 401 })],
  ['404', makeBroken('provider.refused', false, { status: 404 })],
  ['insufficient_quota', makeBroken('provider.spent', false, {})],
  [
    'retry-after 120',
    makeBroken('provider.rate_limited', true, { retryAfterMs: 120_000 }),
  ],
])('%s is never asked again', async (_, error) => {
  const entry = makeEngine([error]);
  const { ask, passing } = openChain([entry]);
  expect(await passing(ask(), 1_000)).toMatchObject({ error: { code: error.code } });
  expect(entry.asked).toBe(1);
});

test('500 three times opens the breaker, and no storm follows', async () => {
  const entry = makeEngine([makeBroken()]);
  const { ask, passing } = openChain([entry], { failures: 3 });
  for (let n = 0; n < 20; n++) await passing(ask(), 200);
  expect(entry.asked).toBe(6);
});

test('back to normal by itself, told once', async () => {
  const [one, two] = [
    makeEngine([makeBroken('provider.bad_key', false)], ['first']),
    makeEngine(['second']),
  ];
  const { ask, passing, clock, kinds } = openChain([one, two]);
  expect(await passing(ask(), 1)).toBe('second');
  await clock.advance(5_000);
  expect([await ask(), await ask()]).toEqual(['first', 'first']);
  expect(kinds()).toEqual(['failed', 'fallback-on', 'mended', 'fallback-off']);
});

test('after the first output no other server is asked, and the output is kept', async () => {
  const [one, two] = [
    makeEngine(['so far', makeBroken('provider.truncated')]),
    makeEngine(['again']),
  ];
  expect(await openChain([one, two]).ask()).toMatchObject({
    parts: 'so far',
    error: { code: 'provider.truncated' },
  });
  expect(two.asked).toBe(0);
});

test('a server that begins every answer and ends none is left alone', async () => {
  const { ask, fallbacks } = openChain(
    [makeEngine(['so far', makeBroken('provider.truncated')])],
    {
      failures: 3,
    },
  );
  for (let n = 0; n < 3; n++) await ask();
  expect(fallbacks[0]?.breaker.isClosed).toBe(false);
});

test('a server that hangs is left at its deadline, the first time later than after', async () => {
  const entry = makeEngine(['hang'], ['yes'], ['hang']);
  const { ask, passing, clock } = openChain([entry], { failures: 9 });
  const cold = ask();
  await clock.advance(2_999);
  expect(entry.running).toBe(1);
  expect(await passing(cold, 1)).toMatchObject({ error: { code: 'provider.late' } });
  expect(await ask()).toBe('yes');
  expect(await passing(ask(), 1_000)).toMatchObject({
    error: { code: 'provider.late' },
  });
  await waitUntilSettled();
  expect([entry.running, clock.sleeping]).toEqual([0, 0]);
});

test('a reader that takes its time uses up no deadline', async () => {
  const { chain, clock } = openChain([makeEngine(['a', 'b', 'c'])]);
  const asking = {
    ask: (e: Engine, s: AbortSignal) => playEngine(e, clock, s),
    isOutput: () => true,
  };
  const pieces: string[] = [];
  for await (const part of chain.run(asking, never)) {
    pieces.push(part);
    await clock.advance(9_000);
  }
  expect(pieces).toEqual(['a', 'b', 'c']);
});

test('whoever leaves gets their own reason, and no server is blamed', async () => {
  const { ask, kinds, fallbacks } = openChain([makeEngine(['hang'], ['yes'])]);
  const leaving = new AbortController();
  const asking = ask(leaving.signal);
  await waitUntilSettled();
  const reason = new Error('left');
  leaving.abort(reason);
  expect(await asking).toEqual({ parts: '', error: reason });
  expect([kinds(), fallbacks[0]?.breaker.isClosed]).toEqual([[], true]);
});

test('a request that its asker gives up after a rest leaves the server to be tried by the next one', async () => {
  const entry = makeEngine([makeBroken('provider.bad_key', false)], ['hang'], ['yes']);
  const { ask, passing, clock } = openChain([entry]);
  await passing(ask(), 1);
  await clock.advance(5_000);
  const leaving = new AbortController();
  const trial = ask(leaving.signal);
  await waitUntilSettled();
  leaving.abort(new Error('left'));
  await trial;
  expect(await ask()).toBe('yes');
});

test.each([
  ['lacks a language', makeBroken('speech.no_voice', false)],
  ['serves others first', makeBroken('speech.failed', false, { isShareUsed: true })],
  [
    'takes no pictures',
    makeBroken('provider.refused', false, { takesNoPictures: true }),
  ],
])(
  'a server that %s is well: the next one is asked, and nobody is told of a failure',
  async (_, error) => {
    const { ask, kinds, fallbacks } = openChain([
      makeEngine([error], ['yes']),
      makeEngine(['oui']),
    ]);
    expect([await ask(), await ask(), kinds()]).toEqual(['oui', 'yes', []]);
    expect(fallbacks.map(({ breaker }) => breaker.isClosed)).toEqual([true, true]);
  },
);

const makeLoading = (retryAfterMs?: number) =>
  makeBroken('provider.loading', true, { status: 503, retryAfterMs });

test('a model that is loading is asked again each second until it answers, and told once', async () => {
  const entry = makeEngine([makeLoading()], [makeLoading()], ['yes'], ['yes']);
  const { ask, passing, kinds, fallbacks } = openChain([entry]);
  const asking = ask();
  expect(await passing(asking, 2_000)).toBe('yes');
  expect([entry.asked, kinds()]).toEqual([3, ['failed', 'mended']]);
  expect(fallbacks[0]?.breaker.isClosed).toBe(true);
});

test('a stated wait for a loading model is kept, and one that is too long for a question ends it', async () => {
  const entry = makeEngine([makeLoading(2_500)], ['yes']);
  const { ask, clock } = openChain([entry]);
  const asking = ask();
  await clock.advance(2_499);
  expect(entry.asked).toBe(1);
  await clock.advance(1);
  expect(await asking).toBe('yes');
  const other = makeEngine([makeLoading(60_000)]);
  expect(await openChain([other]).ask()).toMatchObject({
    error: { code: 'provider.loading' },
  });
  expect(other.asked).toBe(1);
});

test('a model that loads longer than a first answer may take is not waited for, and the next question asks it at once', async () => {
  const entry = makeEngine(
    [makeLoading()],
    [makeLoading()],
    [makeLoading()],
    [makeLoading()],
    ['yes'],
  );
  const { ask, passing } = openChain([entry]);
  expect(await passing(ask(), 10_000)).toMatchObject({
    error: { code: 'provider.loading' },
  });
  expect(entry.asked).toBe(4);
  expect(await ask()).toBe('yes');
});

test('a fallback answers for a model that is loading, without a rest', async () => {
  const [one, two] = [makeEngine([makeLoading()], ['first']), makeEngine(['second'])];
  const { ask } = openChain([one, two]);
  expect([await ask(), one.asked, await ask()]).toEqual(['second', 1, 'first']);
});

test('a question that a moderation refuses goes to the next server, and the next question to the first one', async () => {
  const refused = makeBroken('provider.refused', false, {
    status: 403,
    isContentRefusal: true,
  });
  const [one, two] = [makeEngine([refused], ['first']), makeEngine(['second'])];
  const { ask, fallbacks } = openChain([one, two]);
  expect([await ask(), await ask()]).toEqual(['second', 'first']);
  expect(fallbacks[0]?.breaker.isClosed).toBe(true);
});

function openBreaker(failures = 2) {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker(
    { failures, firstRestMs: 5_000, maxRestMs: 20_000 },
    clock,
  );
  const failOnce = (error = makeBroken()) => breaker.recordFailure(error);
  return { clock, breaker, fail: failOnce };
}

test('each failed trial doubles the rest, up to the longest', async () => {
  const { clock, breaker, fail } = openBreaker(1);
  const rests: (number | undefined)[] = [];
  for (let n = 0; n < 4; n++) {
    fail();
    const { restMs = 0 } = breaker.currentRest ?? {};
    rests.push(restMs);
    await clock.advance(restMs);
  }
  expect(rests).toEqual([5_000, 10_000, 20_000, 20_000]);
});

test.each([
  ['a refused key', makeBroken('provider.bad_key', true, { status: 401 }), 5_000],
  [
    'a model that is gone',
    makeBroken('provider.refused', true, { status: 404 }),
    5_000,
  ],
  ['a spent quota', makeBroken('provider.spent'), 60_000],
  [
    'a quota that opens again in 8 h',
    makeBroken('provider.spent', true, { retryAfterMs: 28_800_000 }),
    3_600_000,
  ],
  [
    'a wait of 120 s',
    makeBroken('provider.rate_limited', true, { retryAfterMs: 120_000 }),
    120_000,
  ],
])('%s opens it at once', (_, error, restMs) => {
  const { breaker, fail } = openBreaker(3);
  fail(error);
  expect(breaker.currentRest).toEqual({ reason: error, restMs });
});
