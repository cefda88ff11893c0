import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  admitChosenLanguage,
  type ExpectedLanguage,
} from '#src/base/language/expected-language.ts';
import { getTariff } from '#src/config/tariffs.ts';
import { openEngine } from '#src/engines/engines.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { cautiousPrices } from '#src/spending/prices/prices.ts';
import { readGoodSettings, readMistakes } from '#test/config/read-settings.ts';
import { testChatModel } from '#test/contracts/chat-model-contract.ts';
import { collectSound, testSynthesizer } from '#test/contracts/synthesizer-contract.ts';
import {
  testTranscriber,
  transcribeText,
} from '#test/contracts/transcriber-contract.ts';
import { speakWords } from '#test/fakes/tone-words.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-engines-'));
const stack = new AsyncDisposableStack();
stack.defer(() => rmSync(folder, { recursive: true }));
afterAll(() => stack.disposeAsync());
const never = new AbortController().signal;

function writeEngine(name: string, text: string) {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function openRole<Role extends ProviderRole>(
  role: Role,
  environment: NodeJS.ProcessEnv,
) {
  const { chat, speech, transcription } = readGoodSettings(environment).engines;
  const choices = { 'speech to text': transcription, chat, 'text to speech': speech };
  return await openEngine(role, choices[role], stack);
}

const program = {
  CHAT_BACKEND: './examples/chat-program.mjs',
  CHAT_COMPLETION_MODEL: `${process.execPath} ${resolve('test/fakes/talking-program.mjs')}`,
};
const talking = await openRole('chat', program);

testChatModel('a program', async () => ({
  model: talking,
  async [Symbol.asyncDispose]() {},
}));

test.each(['7', 'missing'])(
  'a program that ends with %s is a failure of its server',
  async (how) => {
    const model =
      how === '7' ? `${program.CHAT_COMPLETION_MODEL} 7` : './no-such-program';
    const broken = await openRole('chat', { ...program, CHAT_COMPLETION_MODEL: model });
    const request = [{ role: 'user', name: 'Ana', content: 'hello' }] as const;
    await expect(
      Array.fromAsync(broken.reply(request, [], never)),
    ).rejects.toMatchObject({
      code: 'provider.refused',
      message: 'The engine program failed.',
      about: {
        serverMessage: expect.stringContaining(how === '7' ? 'ended with 7' : 'ENOENT'),
      },
    });
  },
);

/** The part of sherpa-onnx-node 1.13.8 that the examples use, with its names and types. */
const sherpa = `
class OfflineStream { acceptWaveform({ samples, sampleRate }) {
  if (!(samples instanceof Float32Array) || sampleRate !== 16000) throw new TypeError('waveform');
  this.samples = samples;
} }
class OfflineRecognizer {
  static async createAsync({ featConfig, modelConfig: { whisper, transducer, tokens } }) {
    if (featConfig.sampleRate !== 16000 || !tokens.endsWith('tokens.txt')) throw new TypeError('config');
    if (!(whisper ?? transducer).encoder.endsWith('encoder.onnx')) throw new TypeError('model');
    return new OfflineRecognizer();
  }
  createStream() { return new OfflineStream(); }
  async decodeAsync({ samples }) { return { text: ' ' + samples.length }; }
}
class OfflineTts {
  static async createAsync({ model: { vits } }) {
    for (const name of ['model', 'tokens', 'dataDir']) if (!vits[name]) throw new TypeError(name);
    return new OfflineTts();
  }
  async generateAsync({ text, sid, speed }) {
    if (typeof sid !== 'number' || typeof speed !== 'number') throw new TypeError('request');
    const samples = Float32Array.from({ length: text.length * 1200 }, (_, n) => Math.sin(n / 9));
    return { samples, sampleRate: 22050 };
  }
}
module.exports = { OfflineRecognizer, OfflineTts };
`;
mkdirSync(join(folder, 'node_modules/sherpa-onnx-node'), { recursive: true });
writeEngine('node_modules/sherpa-onnx-node/index.js', sherpa);
for (const name of [
  'tiny-encoder.onnx',
  'tiny-decoder.onnx',
  'tiny-tokens.txt',
  'tokens.txt',
])
  writeEngine(name, '');
for (const name of ['sherpa-transcriber.mjs', 'sherpa-voice.mjs'])
  cpSync(`examples/${name}`, join(folder, name));

const [one, other] = ['one two three four', 'nine ten nova'].map((text) => {
  const { pcm } = speakWords(text);
  return { pcm, text: `${pcm.samples.length}` };
});
const transcriber = await openRole('speech to text', {
  TRANSCRIPTION_BACKEND: join(folder, 'sherpa-transcriber.mjs'),
  TRANSCRIPTION_MODEL: folder,
});
if (one && other) testTranscriber('sherpa-onnx', () => transcriber, [one, other]);

const voice = await openRole('text to speech', {
  SPEECH_BACKEND: join(folder, 'sherpa-voice.mjs'),
  SPEECH_MODEL: folder,
});
testSynthesizer('sherpa-onnx', () => voice);

test('sherpa-onnx speaks at the rate of its model', async () => {
  expect((await collectSound(voice, 'Hello.')).rateHz).toBe(22_050);
  expect(await transcribeText(transcriber, speakWords('stop').pcm)).toBe('4800');
});

const empty = '{ open() {} }';

test.each([
  ['export const engine = 1', 'speech to text:  Invalid input: expected object'],
  [
    `export const engine = ${empty}`,
    'speech to text: version Invalid input: expected 1',
  ],
  ["await 0; export const engine = ''", 'cannot be loaded: '],
])('%s is a mistake of its setting', (text, sentence) => {
  const placeName = writeEngine(`wrong-${sentence.length}.mjs`, text);
  expect(readMistakes({ TRANSCRIPTION_BACKEND: placeName })).toEqual([
    expect.stringMatching(`^TRANSCRIPTION_BACKEND: ${placeName}.*${sentence}`),
  ]);
});

test('the engine of docs/providers.md answers in parts, as its contract demands', async () => {
  const [, code = ''] =
    /```ts\n(export const engine[\s\S]*?)```/.exec(
      readFileSync('docs/providers.md', 'utf8'),
    ) ?? [];
  const model = await openRole('chat', { CHAT_BACKEND: writeEngine('mine.mjs', code) });
  const request = [{ role: 'user', name: 'Ana', content: 'What time is it?' }] as const;
  expect(
    (await Array.fromAsync(model.reply(request, [], never))).map(
      (part) => part.kind === 'text' && part.text,
    ),
  ).toEqual(['What ', 'time ', 'is ', 'it?']);
});

test.each([
  [
    'samples of another type',
    '{ samples: new Float32Array(100), rateHz: 24000, channels: 1 }',
  ],
  [
    'a rate at which a second takes minutes',
    '{ samples: new Int16Array(100), rateHz: 7, channels: 1 }',
  ],
])('%s are no sound, and the reason says what is', async (_, sound) => {
  const engine = `export const engine = { version: 1, role: 'text to speech', name: 'mine', price: 'free',
    open: () => ({ voices: [], async *synthesize() { yield ${sound}; } }) };`;
  const mine = await openRole('text to speech', {
    SPEECH_BACKEND: writeEngine(`unusable-${engine.length}.mjs`, engine),
  });
  await expect(
    Array.fromAsync(mine.synthesize('hello', {}, never)),
  ).rejects.toMatchObject({
    code: 'provider.refused',
    message: expect.stringMatching(
      /^The engine mine gave unusable sound: it takes .*Int16Array/,
    ),
  });
});

test('an engine for another role, and a name that is none, are mistakes', () => {
  expect(readMistakes({ SPEECH_BACKEND: './examples/chat-program.mjs' })).toEqual([
    'SPEECH_BACKEND: ./examples/chat-program.mjs exports no engine for text to speech: role Invalid input: expected "text to speech"',
  ]);
  expect(readMistakes({ CHAT_BACKEND: 'telepathy' })).toEqual([
    expect.stringMatching(
      /^CHAT_BACKEND: telepathy cannot be loaded: Cannot find module/,
    ),
  ]);
});

test('an engine from outside costs what it says: nothing, or the cautious price of a model nothing is known of', () => {
  const writePaidEngine = (price: string) => {
    const text = `export const engine = { version: 1, role: 'speech to text', name: 'x', price: '${price}', open() {} };`;
    const tariff = getTariff(
      readGoodSettings({ TRANSCRIPTION_BACKEND: writeEngine(`${price}.mjs`, text) }),
    );
    return [tariff.recognise, tariff.streams];
  };
  const estimate = { kind: 'priced', usd: cautiousPrices.recognise, isEstimate: true };
  expect(writePaidEngine('free')).toEqual([{ kind: 'free' }, false]);
  expect(writePaidEngine('requests')).toEqual([estimate, false]);
  expect(writePaidEngine('stream')).toEqual([estimate, true]);
});

test('an engine from outside, which may be paid, is given nothing to read ahead', async () => {
  const text = `export const engine = { version: 1, role: 'chat', name: 'x', price: 'requests', open: () => ({ async *reply() {}, prepare() {} }) };`;
  const engine = writeEngine('reads-ahead.mjs', text);
  const opened = await openRole('chat', {
    CHAT_BACKEND: engine,
    CHAT_COMPLETION_MODEL: 'any',
  });
  expect(opened.prepare).toBeUndefined();
});

test('an engine from outside is told a guess as likely, and as its language only the one that somebody set', async () => {
  const told = await openRole('speech to text', {
    TRANSCRIPTION_BACKEND: writeEngine(
      'told.mjs',
      `export const engine = { version: 1, role: 'speech to text', name: 'told', price: 'free', open: async () => ({
        async *transcribe(_pcm, _signal, { language, likelyLanguages }) {
          yield { kind: 'final', transcript: { text: [language, ...likelyLanguages].join(' ') } };
        },
      }) };`,
    ),
  });
  const { pcm } = speakWords('stop');
  const languages = [{ language: 'fr', weight: 4 }];
  const guess = { kind: 'likely', languages, others: 1 } as const;
  const set = { kind: 'set', language: admitChosenLanguage('de') } as const;
  const hearIn = async (language: ExpectedLanguage) =>
    await transcribeText(withTranscriptionOptions(told, { language }), pcm);
  expect([await hearIn(guess), await hearIn(set)]).toEqual([' fr', 'de']);
});
