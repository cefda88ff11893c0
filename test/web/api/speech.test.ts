import { setImmediate } from 'node:timers/promises';
import { type SoundFormat, soundFormats } from '#src/audio/encode/sound-encoders.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { ProgramText } from '#src/features/contract/http-api-ports.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { makeVoices } from '#test/commands/command-ports.ts';
import { openHeldEngine } from '#test/examples/held-engine.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { expectRefusal, guildId, makeProgramPorts, openApi } from './api-setup.ts';
import { openCompletions } from './completions-setup.ts';

const spoken = { model: 'parley', voice: 'default', input: 'It is ready.' };
/** Content type of each format, and its first bytes. */
const heads: Readonly<Record<SoundFormat, readonly [type: string, begin: RegExp]>> = {
  mp3: ['audio/mpeg', /^\xff\xf3/],
  opus: ['audio/ogg; codecs=opus', /^OggS/],
  flac: ['audio/flac', /^fLaC/],
  wav: ['audio/wav', /^RIFF/],
  pcm: ['audio/pcm', /^/],
};

test.each(soundFormats)(
  '%s: the first bytes are read while the engine still holds back the rest',
  async (format) => {
    const [type, begin] = heads[format];
    const engine = openHeldEngine();
    await using served = await openCompletions({ synthesizer: engine.synthesizer });
    const response = await served.openai.audio.speech.create({
      ...spoken,
      response_format: format,
    });
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = Buffer.from((await reader.read()).value ?? []);
    expect(first.toString('latin1')).toMatch(begin);
    expect(engine.isReading()).toBe(1);
    engine.letGo();
    let rest = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read())
      rest += next.value.length;
    expect(rest).toBeGreaterThan(0);
    expect(engine.isReading()).toBe(0);
  },
);

const madeFormats =
  /^response_format: must be one of mp3, opus, flac, wav, pcm: no other can be made\.$/;

test.each([
  [{ response_format: 'aac' }, madeFormats],
  [{ response_format: 'ogg_44100' }, madeFormats],
  [{ input: 'a'.repeat(4_097) }, /^input: .*4096/],
  [{ input: '' }, /^input: /],
  [{ speed: 4.1 }, /^speed: .*4\.$/],
  [{ stream_format: 'ogg' }, /^stream_format: /],
  [{ voice: 7 }, /^voice: /],
])(
  '%j is refused in a sentence, and nothing is asked of the engine',
  async (overrides, words) => {
    const synthesizer = new FakeSynthesizer();
    await using served = await openCompletions({ synthesizer });
    const body = { ...spoken, ...overrides };
    const asking = served.api.post('parley_dog', '/v1/audio/speech', body);
    await expectRefusal(asking, 400, 'request.invalid', words);
    expect(synthesizer.asked).toEqual([]);
  },
);

test('a model is asked for if it may be chosen', async () => {
  const programTexts: ProgramText[] = [];
  const programAnswers = {
    openSpeech: async (text: ProgramText) => {
      programTexts.push(text);
      return { kind: 'unspeakable' };
    },
  };
  const voices = makeVoices([], ['tts-1', 'tts-1-hd']);
  await using api = await openApi(
    makeProgramPorts({ voices, more: { programAnswers } }),
  );
  await api.add('bell');
  const voice = { id: 'nova' };
  for (const model of ['tts-1-hd', 'parley'])
    await api.post('bell', '/v1/audio/speech', { ...spoken, voice, model });
  expect(programTexts).toMatchObject([
    { guildId, model: 'tts-1-hd', voice: 'nova', asker: { id: 'token:bell' } },
    { input: 'It is ready.', voice: 'nova' },
  ]);
  expect(programTexts[1]?.model).toBeUndefined();
});

test('without money nothing is asked of the engine', async () => {
  const synthesizer = new FakeSynthesizer();
  const { budgets } = openBudgets(new VirtualClock(), {
    caps: { personDay: toUsd(1e-6) },
  });
  await using served = await openCompletions({ synthesizer, spending: budgets });
  const asking = served.api.post('parley_dog', '/v1/audio/speech', spoken);
  await expectRefusal(asking, 429, 'budget.token');
  expect(synthesizer.asked).toEqual([]);
});

test('a reader that does not read is waited for: sound does not pile up', async () => {
  let madeS = 0;
  const second: Pcm = {
    samples: new Int16Array(24_000).fill(4_000),
    rateHz: 24_000,
    channels: 1,
  };
  const synthesizer: Synthesizer = {
    async *synthesize(_text, _voice, signal) {
      for (; madeS < 5_000 && !signal.aborted; madeS++) {
        await setImmediate();
        yield second;
      }
    },
  };
  await using served = await openCompletions({ synthesizer });
  const leaving = new AbortController();
  const response = await served.openai.audio.speech.create(
    { ...spoken, response_format: 'pcm' },
    { signal: leaving.signal },
  );
  await (response.body as ReadableStream<Uint8Array>).getReader().read();
  for (let [still, before] = [0, -1]; still < 2_000; before = madeS) {
    await setImmediate();
    still = madeS === before ? still + 1 : 0;
  }
  expect(madeS).toBeLessThan(1_000); // of 240 MB what buffers of sockets hold
  leaving.abort();
});
