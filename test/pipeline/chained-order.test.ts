import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { FakeHost, said, soundedTexts, turnOf } from '#test/contracts/pipeline.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const never = new AbortController().signal;
const tokenMs = 50;

/** Tokens at 20 a second. */
function typed(text: string): ChatStep[] {
  return (text.match(/\s*\S+/g) ?? []).flatMap((token) => [{ waitMs: tokenMs }, token]);
}

/** Each text takes its own time to its first sound; when it was asked for is noted. */
function voiceOf(clock: VirtualClock, firstMs: (text: string) => number) {
  const asked: { readonly text: string; readonly atMs: number }[] = [];
  const done: string[] = [];
  const synthesizer: Synthesizer = {
    async *synthesize(text, _voice, signal): AsyncGenerator<Pcm> {
      asked.push({ text, atMs: clock.nowMs() });
      await clock.sleep(firstMs(text), signal);
      done.push(text);
      yield { samples: new Int16Array(2400).fill(1000), rateHz: 24_000, channels: 1 };
    },
  };
  return { synthesizer, asked, done };
}

test('an interruption in the second of four sentences ends what is made ahead, and is silence at once', async () => {
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer({ clock, firstMs: 50, gapMs: 20, pieces: 40 });
  const sentences = [1, 2, 3, 4].map((n) => `This is the long sentence number ${n}.`);
  const chat = new FakeChat([[sentences.join(' ')]], clock);
  const turn = new AbortController();
  const parts = chained({ chat, synthesizer }).answer(
    turnOf(said('go')),
    new FakeHost(),
    turn.signal,
  );
  const reply = new SpokenReply();
  const reading = (async () => {
    for await (const part of parts)
      if (part.kind === 'audio') await reply.write(part.pcm, part.ofText, turn.signal);
  })().catch((error: unknown) => error);
  while (!reply.heardText().includes('number 1. This is')) {
    await clock.advance(20);
    reply.pull()?.left(clock.nowMs());
  }
  expect(synthesizer.running).toBeGreaterThan(0);
  const reason = new Error('interrupted');
  turn.abort(reason);
  reply.cut();
  expect(await reading).toBe(reason);
  expect([reply.pull(), reply.pull()].filter((block) => block !== undefined)).toHaveLength(1);
  await clock.advance(0);
  expect(synthesizer.running).toBe(0);
  expect(reply.heardText()).not.toMatch(/number [34]/);
});

test('at 20 tokens a second a sentence is asked for one token after its end at most', async () => {
  const clock = new VirtualClock();
  const { synthesizer, asked } = voiceOf(clock, () => 0);
  const text =
    'It is only four now. The sun will set at five today. Take your coat with you, please.';
  const pipeline = chained({ chat: new FakeChat([typed(text)], clock), synthesizer });
  const reading = Array.fromAsync(pipeline.answer(turnOf(said('go')), new FakeHost(), never));
  await clock.advance(5000);
  await reading;
  const ends = [5, 12, 18].map((tokens) => tokens * tokenMs);
  expect(asked.map((one) => one.text)).toEqual(text.match(/[^.]+\./g)?.map((one) => one.trim()));
  for (const [n, { atMs }] of asked.entries())
    expect(atMs - (ends[n] ?? 0), `sentence ${n}`).toBeLessThanOrEqual(tokenMs);
});

test('a sentence whose sound is ready before that of the first one waits for its turn', async () => {
  const clock = new VirtualClock();
  const sentences = [1, 2, 3, 4, 5].map((n) => `This is the long sentence number ${n}.`);
  const { synthesizer, asked, done } = voiceOf(clock, (text) => (text.includes('1') ? 900 : 100));
  const pipeline = chained({ chat: new FakeChat([[sentences.join(' ')]], clock), synthesizer });
  const parts: ReplyPart[] = [];
  const reading = (async () => {
    for await (const part of pipeline.answer(turnOf(said('go')), new FakeHost(), never))
      parts.push(part);
  })();
  await clock.advance(500);
  expect(done).toEqual(sentences.slice(1, 3));
  expect(asked).toHaveLength(3);
  expect(soundedTexts(parts)).toEqual([]);
  await clock.advance(5000);
  await reading;
  expect(soundedTexts(parts)).toEqual(sentences);
});

test('in ten turns every utterance is recognised once', async () => {
  const chat = new FakeChat([['Yes.']]);
  const pipeline = chained({ chat, synthesizer: new FakeSynthesizer() });
  const history: ChatMessage[] = [];
  const asked: number[] = [];
  for (let n = 0; n < 10; n++) {
    asked[n] = 0;
    const transcript = async () => {
      asked[n] = (asked[n] ?? 0) + 1;
      return { text: `utterance ${n}` };
    };
    const turn = { ...turnOf({ ...said('x'), transcript }), history: [...history] };
    for await (const part of pipeline.answer(turn, new FakeHost(), never))
      if (part.kind === 'audio') break;
    history.push({ role: 'user', name: 'Ana', content: `utterance ${n}` });
    history.push({ role: 'assistant', content: 'Yes.' });
  }
  expect(asked).toEqual(new Array(10).fill(1));
  expect(chat.asked.at(-1)?.messages).toHaveLength(20);
});
