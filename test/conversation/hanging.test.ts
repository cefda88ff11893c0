import { expect, test } from 'vitest';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline, Turn } from '#src/pipeline/pipeline.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import { text } from '#src/texts/texts.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

/** Heeds no signal, and never comes. */
const forever = new Promise<never>(() => undefined);
/** Minutes of virtual sound on a busy machine. */
const timeout = 60_000;

type Over = Parameters<typeof openSessionFixture>[0];

async function called(over: Over = {}, clock = new VirtualClock()): Promise<SessionFixture> {
  const fixture = openSessionFixture({ addressing: 'auto', ...over }, [adam], clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 1_000);
  return fixture;
}

async function ask(fixture: SessionFixture, ms: number): Promise<void> {
  await pass(fixture, ms, await words('human-cards-004', adam, fixture.clock.nowMs()));
}

const spoken = ({ synthesizer }: SessionFixture) => synthesizer.asked.map((one) => one.text);
const alerts = (fixture: SessionFixture) =>
  fixture.of('alert').map(({ state, cause }) => `${state}: ${cause}`);

test('a recogniser that heeds nothing is given up, told, and the next question answered', {
  timeout,
}, async () => {
  let hangs = true;
  const fine = new FakeTranscriber({ texts: ['five five'] });
  const transcriber: Transcriber = {
    async *transcribe(pcm, signal) {
      if (hangs) await forever;
      yield* fine.transcribe(pcm, signal);
    },
  };
  const fixture = await called({ transcriber });
  await ask(fixture, 30_000);
  expect(spoken(fixture)).toEqual([text('fail.stt')]);
  expect(alerts(fixture)).toEqual(['raised: recognise: The recogniser returned no text in 21 s.']);
  hangs = false;
  await ask(fixture, 6_000);
  expect(fixture.of('answered').at(-1)).toMatchObject({ finish: 'completed' });
  expect(alerts(fixture).at(-1)).toBe('cleared: an answer was completed');
});

/** Answers the first question as `first`, the others in order. */
function answering(first: Pipeline): Pipeline {
  const chat = new FakeChat([['You said five.']]);
  const fine = chained({ chat, synthesizer: new FakeSynthesizer({ pieces: 10 }) });
  let asked = 0;
  return { answer: (...turn) => (asked++ === 0 ? first : fine).answer(...turn) };
}

test('a pipeline that yields nothing and heeds nothing holds up nobody, and is told', {
  timeout,
}, async () => {
  const pipeline = answering({
    async *answer() {
      yield await forever;
    },
  });
  const fixture = await called({ pipeline });
  await ask(fixture, 26_000);
  expect(spoken(fixture)).toContain(text('slow.later'));
  await ask(fixture, 6_000);
  expect(fixture.of('answered')).toMatchObject([{ finish: 'completed' }]);
  await pass(fixture, 290_000);
  expect(fixture.of('failed')).toMatchObject([{ stage: 'think', code: 'provider.late' }]);
  expect(spoken(fixture).at(-1)).toBe(text('fail.llm', { provider: 'localhost:1' }));
});

const pcm = { samples: new Int16Array(24_000).fill(1), rateHz: 24_000, channels: 1 } as const;

test.each([
  ['a model that stops in the middle', 'think', ['text', 'clause', 'audio']],
  ['a voice that stops in the middle', 'speak', ['text', 'clause', 'audio', 'clause']],
] as const)('%s of an answer is given up and told', { timeout }, async (_, stage, kinds) => {
  const pipeline = answering({
    async *answer() {
      for (const kind of kinds) {
        yield kind === 'audio' ? { kind, pcm, ofText: 'One.' } : { kind, text: 'One. Two.' };
      }
      await forever;
    },
  });
  const fixture = await called({ pipeline });
  await ask(fixture, 30_000);
  expect(fixture.of('failed')).toMatchObject([{ stage, code: 'answer.late' }]);
  expect(alerts(fixture)).toEqual([`raised: ${stage}: An answer made no progress for 20 s.`]);
  const reported = [...spoken(fixture), ...fixture.written];
  expect(reported.filter((one) => one !== text('slow.voice'))).toHaveLength(1);
  await ask(fixture, 6_000);
  expect(fixture.of('answered').at(-1)).toMatchObject({ finish: 'completed' });
});

test('a voice that never ends holds up no sentence of the bot itself', { timeout }, async () => {
  const synthesizer: Synthesizer = {
    async *synthesize() {
      yield await forever;
    },
  };
  const fixture = await called({ synthesizer, pipeline: answering({ answer: talkative }) });
  await fixture.talk.say('g', 'Dinner is ready.', 'queue');
  await pass(fixture, 30_000);
  expect(fixture.written).toEqual([`${text('fail.tts')} Dinner is ready.`]);
});

async function* talkative() {
  yield { kind: 'text', text: 'A long story.' } as const;
  for (let second = 0; second < 20; second++) {
    yield { kind: 'audio', pcm, ofText: 'A long story.' } as const;
  }
}

/** Time passes while the link takes no frames. */
async function passStuck({ clock }: SessionFixture, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) await clock.advance(20);
}

test('an answer that the link does not take is written and known as given, and the next one is heard', {
  timeout,
}, async () => {
  const pipeline = answering({ answer: talkative });
  const histories: Turn['history'][] = [];
  const recorded: Pipeline = {
    answer(...turn) {
      histories.push(turn[0].history);
      return pipeline.answer(...turn);
    },
  };
  const fixture = await called({ pipeline: recorded });
  const packets = await words('human-cards-004', adam, fixture.clock.nowMs());
  for (const packet of packets) {
    await fixture.clock.advance(20);
    fixture.linkOpener.link.arrive(packet);
  }
  await passStuck(fixture, 40_000);
  expect(fixture.written).toEqual([`${text('fail.tts')} A long story.`]);
  expect(fixture.of('failed')).toMatchObject([{ stage: 'speak', code: 'answer.late' }]);
  await ask(fixture, 6_000);
  expect(fixture.of('answered').at(-1)).toMatchObject({ finish: 'completed' });
  expect(JSON.stringify(histories.at(-1))).toContain('A long story.');
});

test('an answer that goes on after a pause of the model is heard to its end', {
  timeout,
}, async () => {
  const clock = new VirtualClock();
  const steps: ChatStep[] = ['This is the first. ', { waitMs: 15_000 }, 'This is the second.'];
  const chat = new FakeChat([steps], clock);
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const fixture = await called({ pipeline: chained({ chat, synthesizer }) }, clock);
  await ask(fixture, 25_000);
  expect(fixture.of('answered')).toMatchObject([{ finish: 'completed' }]);
  expect(alerts(fixture)).toEqual([]);
});
