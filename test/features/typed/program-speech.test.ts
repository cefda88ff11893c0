import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { ProgramSpeech, ProgramText } from '#src/conversation/ports/http-api-ports.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import { ProgramAnswers } from '#src/features/typed/program-answers.ts';
import { ServerVocabulary } from '#src/features/words/server-vocabulary.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { MemorySettings } from '#test/fakes/memory-stores.ts';
import { FakeSynthesizer, type FakeSynthesizerOptions } from '#test/fakes/speech.ts';
import { openBudgets } from '#test/fakes/spending.ts';

const text: ProgramText = {
  guildId: 'g',
  asker: { id: 'token:bell', name: 'bell' },
  input: 'The GIF is ready. It moves.',
  onUsage: () => undefined,
};
const staying = new AbortController().signal;

/** Speech for programs over an engine of a dollar for a million characters. */
function openSpeech(options: FakeSynthesizerOptions = {}) {
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer(options);
  const { budgets, ledger, paid } = openBudgets(clock);
  const events: SessionEvent[] = [];
  const { dependencies, sessions } = openSessionFixture(
    {
      settingsStore: new MemorySettings(),
      spending: budgets,
      synthesizer,
      onEvent: (_guildId, event) => void events.push(event),
    },
    undefined,
    clock,
  );
  const answers = new ProgramAnswers(dependencies, sessions, dependencies.recordings, staying);
  return { answers, clock, events, ledger, paid, sessions, synthesizer };
}

async function samplesOf(speech: ProgramSpeech): Promise<number> {
  if (speech.kind !== 'open') throw new Error(`It is ${speech.kind}.`);
  let count = 0;
  for await (const { samples, rateHz } of speech.parts) {
    expect(rateHz).toBe(24_000);
    count += samples.length;
  }
  return count;
}

test("a text is spoken in the server's voice, with its words said as the server has them said", async () => {
  const { answers, clock, sessions, synthesizer } = openSpeech();
  await new ServerVocabulary({ clock }, sessions).add('g', 'GIF', 'jiff');
  await samplesOf(await answers.speak(text, staying));
  expect(synthesizer.asked.map((one) => one.text)).toEqual(['The GIF is ready.', 'It moves.']);
  for (const { voice } of synthesizer.asked) {
    expect(voice).toMatchObject({ name: 'slt' });
    expect(voice.pronounce?.('The GIF')).toBe('The jiff');
  }
});

test('what a text asks of its voice reaches the engine, but for the pace, which every voice keeps', async () => {
  const { answers, synthesizer } = openSpeech();
  const request = { voice: 'rms', model: 'tts-1-hd', instructions: 'Whisper.' };
  const usual = await samplesOf(await answers.speak({ ...text, ...request }, staying));
  expect(synthesizer.asked[0]?.voice).toMatchObject({
    name: 'rms',
    model: 'tts-1-hd',
    instructions: 'Whisper.',
  });
  const quick = await samplesOf(await answers.speak({ ...text, speed: 3 }, staying));
  expect(quick / (usual / 3)).toBeCloseTo(1, 2);
  expect(synthesizer.asked.at(-1)?.voice.speed).toBeUndefined();
});

test('the token pays for what was spoken, also of a text that is left in the middle, and nothing stays set aside', async () => {
  const { answers, ledger, paid, synthesizer } = openSpeech();
  await samplesOf(await answers.speak(text, staying));
  expect(paid.map(({ usd }) => usd)).toEqual([17e-6, 9e-6]);
  const left = await answers.speak(text, staying);
  expect(ledger.reserved('g')).toBeGreaterThan(0);
  if (left.kind !== 'open') throw new Error('It is open.');
  for await (const _ of left.parts) break;
  await expect.poll(() => synthesizer.running).toBe(0);
  expect(ledger.reserved('g')).toBe(0);
  expect(paid.length).toBeGreaterThan(2);
});

test('a text that nobody begins to read frees its money when its program has gone', async () => {
  const { answers, ledger, synthesizer } = openSpeech();
  const leaving = new AbortController();
  await answers.speak(text, leaving.signal);
  expect(ledger.reserved('g')).toBeGreaterThan(0);
  leaving.abort(new Error('gone'));
  expect([ledger.reserved('g'), synthesizer.asked]).toEqual([0, []]);
});

test('the next sentence is asked for while one is read, and no more than ten seconds ahead', async () => {
  const { answers, synthesizer } = openSpeech({ pieces: 60 });
  const input = 'One is here. Two is here. Three is here. Four is here.';
  const speech = await answers.speak({ ...text, input }, staying);
  if (speech.kind !== 'open') throw new Error('It is open.');
  const parts = speech.parts[Symbol.asyncIterator]();
  await parts.next();
  await expect.poll(() => synthesizer.asked.length).toBe(2);
  for (let n = 0; n < 1_000; n++) await Promise.resolve();
  expect(synthesizer.asked.length).toBe(2);
  for (let n = 0; n < 60; n++) await parts.next();
  await expect.poll(() => synthesizer.asked.length).toBe(3);
  await parts.return?.();
  await expect.poll(() => synthesizer.running).toBe(0);
});

test('the operator is told of an engine that fails, and not of a program that leaves', async () => {
  const error = new BotError('provider.refused', false, 'No such voice.');
  const failing = openSpeech({ fault: () => ({ afterPieces: 1, error }) });
  const speech = await failing.answers.speak(text, staying);
  await expect(samplesOf(speech)).rejects.toMatchObject({ code: 'provider.refused' });
  expect(failing.events).toMatchObject([{ kind: 'failed', stage: 'speak' }]);
  const stalling = openSpeech({ fault: () => ({ afterPieces: 1, error: 'stall' }) });
  const leaving = new AbortController();
  const left = samplesOf(await stalling.answers.speak(text, leaving.signal));
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  expect(stalling.events).toEqual([]);
});
