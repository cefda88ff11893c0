import { expect, test } from 'vitest';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { fc, runs } from '#test/properties.ts';

/** Behaviour of an engine in one request; `deaf` is a hang that ignores its signal. */
const fate = fc.constantFrom('fine', 'fine', 'slow', 'error', 'hang', 'deaf');
type Fate = 'fine' | 'slow' | 'error' | 'hang' | 'deaf';
/** One question: what becomes of it, and how soon the next one is asked. */
const plan = fc.record({
  hearing: fate,
  begin: fate,
  middle: fate,
  voice: fate,
  pauseMs: fc.constantFrom(200, 900, 3_000, 12_000, 26_000),
});
type Plan = {
  readonly hearing: Fate;
  readonly begin: Fate;
  readonly middle: Fate;
  readonly voice: Fate;
  readonly pauseMs: number;
};

const broken = new BotError('provider.refused', true, 'It failed.');
const forever = new Promise<never>(() => undefined);
/** Everything has been given up by then: answers that are awaited without the floor after five minutes. */
const restMs = 340_000;
/** From a failure to what people hear or read of it: a voice that hangs is waited for 20 s. */
const reportedWithinMs = 40_000;

/** The end of an utterance may be decided, and its failure told, so long before the script goes on. */
const decidedMs = 1_500;

async function meet(how: Fate, clock: Clock, signal: AbortSignal): Promise<void> {
  if (how === 'error') throw broken;
  if (how === 'deaf') await forever;
  if (how === 'slow') await clock.sleep(4_000, signal);
  if (how === 'hang') await clock.sleep(3_600_000, signal);
}

const numberIn = (words: string) => Number(/number (\d+)/.exec(words)?.[1] ?? -1);

type StampedEvent = { readonly atMs: number; readonly event: SessionEvent };

/** Adam alone with a bot whose engines do as planned for the question that is being asked or answered. */
function openSetup(plans: readonly Plan[]) {
  const clock = new VirtualClock();
  let asking = 0;
  const happened: StampedEvent[] = [];
  const reported: number[] = [];
  const of = (n: number): Fate[] => {
    const { hearing, begin, middle, voice } = plans[n] ?? { ...fine };
    return [hearing, begin, middle, voice];
  };
  const transcriber: Transcriber = {
    async *transcribe(_pcm, signal) {
      const n = asking;
      await meet(of(n)[0] ?? 'fine', clock, signal);
      yield { kind: 'final', transcript: { text: `This is number ${n}.` } };
    },
  };
  const chat: ChatModel = {
    async *reply(messages, _tools, signal) {
      const n = numberIn(`${messages.at(-1)?.content}`);
      const [, begin = 'fine', middle = 'fine'] = of(n);
      await meet(begin, clock, signal);
      yield { kind: 'text', text: `An answer to number ${n}. ` };
      await meet(middle, clock, signal);
      yield { kind: 'text', text: 'That is all of it.' };
    },
  };
  const voice = new FakeSynthesizer({ pieces: 8 });
  const synthesizer: Synthesizer = {
    async *synthesize(text, manner, signal) {
      const [, , , how = 'fine'] = of(numberIn(text));
      await meet(how, clock, signal);
      yield* voice.synthesize(text, manner, signal);
    },
  };
  const settings = { transcriber, synthesizer, pipeline: chained({ chat, synthesizer }) };
  const fixture = openSessionFixture(
    {
      ...settings,
      addressing: 'auto',
      onEvent: (_guildId, event) => void happened.push({ atMs: clock.nowMs(), event }),
      messages: {
        write: async () => {
          reported.push(clock.nowMs());
        },
        notify: async () => undefined,
        tell: async () => undefined,
        offer: async () => undefined,
      },
    },
    [adam],
    clock,
  );
  const ask = async (n: number) => {
    asking = n;
    await pass(fixture, 3_600, await words('human-goforward', adam, clock.nowMs()));
  };
  return { fixture, happened, reported, ask };
}

const fine = { hearing: 'fine', begin: 'fine', middle: 'fine', voice: 'fine' } as const;

/** The questions that this answer was to. */
function answeredIn({ event }: StampedEvent): readonly number[] {
  if (event.kind !== 'answered' || event.finish === 'failed') return [];
  return [...event.text.matchAll(/number (\d+)/g)].map(([, n]) => Number(n));
}

test('whatever engines do, every question is answered once, or told, and the one after all is answered', {
  timeout: 240_000,
}, async () => {
  const plans = fc.array(plan, { minLength: 1, maxLength: 3 });
  const holds = async (planned: readonly Plan[]) => {
    const { fixture, happened, reported, ask } = openSetup(planned);
    await fixture.sessions.join(lounge, 'adam');
    fixture.linkOpener.link.onLeft = (_frame, atMs) => void reported.push(atMs);
    await pass(fixture, 500);
    const ends: number[] = [];
    for (const [n, { pauseMs }] of planned.entries()) {
      await ask(n);
      ends.push(fixture.clock.nowMs());
      await pass(fixture, pauseMs);
    }
    await passIdle(fixture, restMs);
    await ask(planned.length);
    ends.push(fixture.clock.nowMs());
    await pass(fixture, 8_000);
    const answered = happened.flatMap(answeredIn);
    expect(answered.filter((n, at) => answered.indexOf(n) !== at)).toEqual([]);
    expect(answered).toContain(planned.length);
    const failures = happened.filter(({ event }) => event.kind === 'failed');
    expect(failures.filter(({ event }) => 'code' in event && event.code === 'bug')).toEqual([]);
    for (const [n, endMs] of ends.entries()) {
      const isReported = happened.some(
        ({ event, atMs }) =>
          (event.kind === 'failed' || event.kind === 'dropped') && atMs >= endMs - decidedMs,
      );
      // Whoever asks on before they hear a word of an answer gets that to their newer question.
      const isReplaced = answered.some((one) => one > n && one < planned.length);
      expect(answered.includes(n) || isReported || isReplaced, `question ${n}`).toBe(true);
    }
    for (const { atMs } of failures) {
      expect(reported.some((ms) => ms >= atMs - 100 && ms <= atMs + reportedWithinMs)).toBe(true);
    }
    await fixture.sessions.leave('g');
  };
  await fc.assert(fc.asyncProperty(plans, holds), { numRuns: runs(6) });
});

/** Nobody speaks: time passes in longer steps as long as nothing sounds. */
async function passIdle(fixture: SessionFixture, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) await pass(fixture, 1_000);
}
