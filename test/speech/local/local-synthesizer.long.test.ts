import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { getDurationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { realClock } from '#src/base/clock.ts';
import { formatTimeSentence } from '#src/chat/stand-in/replies.ts';
import { EnglishPhonemes } from '#src/speech/local/english/phonemes.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import { cutSounds, cutSpeech } from '#src/speech/local/voices/cut-speech.ts';
import { Espeak, findEspeak } from '#src/speech/local/voices/espeak.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { formatText } from '#src/texts/texts.ts';
import { measureLoudness } from '#test/audio/measure-loudness.ts';
import { collectSound, testSynthesizer } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const models = new LocalModels();
let synthesizer: Synthesizer;
beforeAll(async () => {
  synthesizer = await openLocalSynthesizer({ models });
}, 60_000);
afterAll(() => models[Symbol.asyncDispose]());

testSynthesizer('Piper', () => synthesizer);

test('the local voice is understood by the local recogniser', async () => {
  const text = 'the big red dog is asleep in the kitchen behind the door';
  const sound = await collectSound(synthesizer, text);
  const transcriber = await openLocalTranscriber({ models });
  const transcript = await transcribeText(
    transcriber,
    resamplePcm(sound, listenRateHz),
  );
  expect(transcript.toLowerCase().replace(/[^a-z ]/g, '')).toBe(text);
});

test.each(['...', '🙂', 'Привет', 'こんにちは'])(
  'the local voice says that it cannot say "%s"',
  (text) =>
    expect(collectSound(synthesizer, text)).rejects.toMatchObject({
      code: 'speech.unspeakable',
    }),
);

test('a long answer is heard once its first clause is spoken', async () => {
  const answer =
    'As far as I can see, the train to the city leaves at half past seven. It is late.';
  const pieces = await Array.fromAsync(
    synthesizer.synthesize(answer, {}, AbortSignal.timeout(60_000)),
    getDurationMs,
  );
  expect(pieces.length).toBe(3);
  expect(pieces[0]).toBeLessThan(2_000);
});

test('a text that is cut off stops at once, while its next piece is being made', async () => {
  const leaving = new AbortController();
  const text = 'One two three, four five six. '.repeat(20);
  const pieces = synthesizer
    .synthesize(text, {}, leaving.signal)
    [Symbol.asyncIterator]();
  await pieces.next();
  const next = pieces.next();
  leaving.abort(new Error('stop'));
  const isOver = Promise.race([
    next.catch((error: unknown) => error),
    setImmediate('not yet'),
  ]);
  expect(await isOver).toEqual(new Error('stop'));
});

test('a voice whose process is killed in mid-speech says the rest by another one', async () => {
  const sentence = 'The train to the city leaves at half past seven.';
  const count = 4;
  let pieces = 0;
  let ms = 0;
  const text = `${sentence} `.repeat(count);
  for await (const piece of synthesizer.synthesize(
    text,
    {},
    new AbortController().signal,
  )) {
    pieces++;
    ms += getDurationMs(piece);
    if (pieces === 1) process.kill(models.processId ?? 0, 'SIGKILL');
  }
  const whole = getDurationMs(await collectSound(synthesizer, sentence));
  expect(ms / (count * whole)).toBeGreaterThan(0.9);
});

const answers = [
  formatTimeSentence(0, 'UTC'),
  formatText('join.spoken'),
  'Two and three. Together that makes five.',
];

test('every local voice speaks at -16 LUFS, with peaks below -1 dB', async () => {
  for (const name of Object.keys(localVoices)) {
    const sound = await collectSound(synthesizer, answers.join(' '), { name });
    expect(
      20 * Math.log10(findPeak(resamplePcm(sound, 4 * sound.rateHz)) / 32_768),
      name,
    ).toBeLessThan(-1);
    expect(Math.abs((measureLoudness(sound) ?? 0) + 16), name).toBeLessThan(2);
  }
});

function findPeak({ samples }: Pcm) {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

test('a voice keeps its pace at another pitch, speaks faster on request, and takes a former name for its own', async () => {
  const utterance = answers.join(' ');
  const usual = await collectSound(synthesizer, utterance);
  for (const name of ['deep', 'bright', 'slt']) {
    const otherSound = await collectSound(synthesizer, utterance, { name });
    expect(getDurationMs(otherSound) / getDurationMs(usual), name).toBeGreaterThan(0.8);
    expect(getDurationMs(otherSound) / getDurationMs(usual), name).toBeLessThan(1.25);
    expect(otherSound.rateHz).toBe(Math.round(usual.rateHz * (localVoices[name] ?? 1)));
  }
  const fast = await collectSound(synthesizer, utterance, { speed: 1.5 });
  expect(getDurationMs(fast)).toBeLessThan(0.85 * getDurationMs(usual));
});

test('the local voice refuses a text in a language that it does not speak', async () => {
  await expect(
    collectSound(synthesizer, 'Guten Morgen', { language: 'de-AT' }),
  ).rejects.toMatchObject({
    code: 'speech.no_voice',
    retryable: false,
  });
  const english = await collectSound(synthesizer, 'Good morning', {
    language: 'en-GB',
    name: 'alloy',
  });
  expect(english.samples.length).toBeGreaterThan(0);
});

test('a folder without a Piper voice is refused in one sentence', () =>
  expect(openLocalSynthesizer({ models, model: './docs' })).rejects.toMatchObject({
    code: 'speech.failed',
    message: expect.stringMatching(
      /docs holds no Piper voice, an \.onnx and its \.onnx\.json\.$/,
    ),
  }));

test.each([
  ['Yes, of course.', ['Yes, of course.']],
  [
    'As far as I can see, the train to the city leaves at nine. It is late! Run',
    [
      'As far as I can see,',
      'the train to the city leaves at nine.',
      'It is late!',
      'Run',
    ],
  ],
  [
    'The train to the city leaves from platform nine and the bus from the market.',
    ['The train to the city leaves from platform nine', 'and the bus from the market.'],
  ],
])('"%s" is spoken in pieces, the first of them short', (text, pieces) =>
  expect(cutSpeech(text, 1)).toEqual(pieces),
);

test('no piece is longer than 200 letters, or half of that at half the pace, and no word is lost', () => {
  const text = `${'lorem ipsum '.repeat(60)}dolor, ${'sit amet, '.repeat(60)}${'x'.repeat(900)}`;
  for (const [pace, limit] of [
    [1, 200],
    [2, 100],
    [0.5, 200],
  ] as const) {
    const pieces = cutSpeech(text, pace);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(limit);
    expect(pieces.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  }
});

const phonemes = await EnglishPhonemes.open(getModelFolder('g2p-english'));
const usualPieces = [
  'As far as I can see,',
  'The train to the city leaves from platform nine and the bus from the market.',
  'The other one sleeps near the old river bank and the children play in the garden until the evening comes and all of them go home.',
];

test.each(usualPieces)('the sounds of "%s" are spoken in one piece', (piece) => {
  const ipa = phonemes.toIpa(piece);
  expect(cutSounds(ipa, 1)).toEqual([ipa]);
});

test.each([
  ['letters that are spelt', 'WWWWW '.repeat(33)],
  ['letters with commas', 'WW, '.repeat(40)],
  ['one word', 'ow'.repeat(100)],
  ['words without a stop', 'through thousands of strengths '.repeat(6)],
])('a piece of %s has at most the sounds of 8 s, at each pace', (_, text) => {
  const ipa = phonemes.toIpa(text);
  for (const pace of [0.5, 1, 2]) {
    const pieces = cutSounds(ipa, pace);
    // 25 sounds of letters that are spelt take a second at least.
    expect(Math.max(...pieces.map((part) => part.length))).toBeLessThanOrEqual(
      (8 * 25) / pace,
    );
    expect(pieces.join('').replaceAll(' ', '')).toBe(ipa.replaceAll(' ', ''));
  }
});

const program = [
  process.execPath,
  fileURLToPath(new URL('../../fakes/espeak-ng.ts', import.meta.url)),
] as const;
const never = new AbortController().signal;

async function openEspeak(clock: Parameters<typeof Espeak.open>[1] = realClock) {
  const espeak = await Espeak.open(program, clock);
  if (!espeak) throw new Error('the program of the tests did not start');
  return espeak;
}

let espeak: Espeak;
beforeAll(async () => {
  espeak = await openEspeak();
});
const german = { language: 'de-AT', pitch: 1, speed: 1 };
const speaker: Synthesizer = {
  synthesize: (text, _voice, signal) => espeak.speak(text, german, signal),
};

testSynthesizer('eSpeak NG', () => speaker);

test('the languages are those that the program reads, without the ones in Chinese characters', () => {
  expect(espeak.languages).toEqual(['de', 'en', 'fr', 'nb', 'no', 'pt']);
});

test.each(['--version', '-v en "hello"', '--voices'])(
  'a text that looks like an option is spoken: %s',
  async (text) => {
    const { samples } = await collectSound(speaker, text);
    expect(samples.length).toBeGreaterThan(5_000);
  },
);

test('a sentence is heard while its end is still made', async () => {
  for await (const { samples } of espeak.speak('endless', german, never)) {
    expect(samples.length).toBeGreaterThan(0);
    break;
  }
});

function readProcessId([low = 0, high = 0]: Int16Array) {
  return high * 32_768 + low;
}

function isRunning(processId: number) {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

test.each(['an abort', 'nobody who reads on'])(
  'the program ends with %s',
  async (end) => {
    const leaving = new AbortController();
    let processId = 0;
    const speaking = async () => {
      for await (const { samples } of espeak.speak('endless', german, leaving.signal)) {
        processId ||= readProcessId(samples);
        expect(isRunning(processId)).toBe(true);
        if (end !== 'an abort') break;
        leaving.abort(new Error('stop'));
      }
    };
    if (end === 'an abort') await expect(speaking()).rejects.toThrow('stop');
    else await speaking();
    await expect.poll(() => isRunning(processId)).toBe(false);
  },
);

test('a program that is silent for ten seconds is ended, and the failure says so', async () => {
  const clock = new VirtualClock();
  const slow = await openEspeak(clock);
  const speaking = collectSound(
    { synthesize: (text, _, signal) => slow.speak(text, german, signal) },
    'silent',
  );
  const failing = expect(speaking).rejects.toMatchObject({
    code: 'speech.failed',
    message: 'eSpeak NG is silent.',
  });
  await clock.advance(10_000);
  await failing;
});

test('a program that is killed while it speaks ends its text with a named failure, and the next text is spoken', async () => {
  const speaking = async () => {
    for await (const { samples } of espeak.speak('endless', german, never))
      process.kill(readProcessId(samples), 'SIGKILL');
  };
  await expect(speaking()).rejects.toMatchObject({
    code: 'speech.failed',
    retryable: true,
    message: 'eSpeak NG was ended by SIGKILL.',
  });
  expect((await collectSound(speaker, 'Guten Tag')).samples.length).toBeGreaterThan(0);
});

test('a program that is killed before its first output is run once more', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-espeak-'));
  const deaths = join(folder.path, 'deaths');
  const script = `if [ -s '${deaths}' ]; then sed -i '$d' '${deaths}'; kill -9 $$; fi; exec "$@"`;
  const mortal = await Espeak.open(
    ['/bin/sh', '-c', script, 'sh', ...program],
    realClock,
  );
  writeFileSync(deaths, 'one\n');
  expect(await mortal?.toIpa(['ha loː'], 'de', never)).toEqual(['ha loː']);
  writeFileSync(deaths, 'one\ntwo\n');
  await expect(mortal?.toIpa(['ha loː'], 'de', never)).rejects.toMatchObject({
    code: 'speech.failed',
    message: 'eSpeak NG was ended by SIGKILL.',
  });
});

test('each clause has its sounds, without marks of other languages', async () => {
  expect(await espeak.toIpa(['ha loː', 'vɛlt'], 'de', never)).toEqual([
    'ha loː',
    'vɛlt',
  ]);
});

test('a program that does not start, or lists nothing, is none', async () => {
  expect(await Espeak.open(['/no/such/program'], realClock)).toBeUndefined();
  expect(await Espeak.open([process.execPath, '-e', ''], realClock)).toBeUndefined();
  expect(findEspeak('/no/such/folder:./bin')).toBeUndefined();
});
