import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listenRateHz } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { realClock } from '#src/base/clock.ts';
import {
  type FetchableVoice,
  fetchVoice,
  getVoicesFolder,
} from '#src/downloads/voice-catalogue.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import { Espeak } from '#src/speech/local/voices/espeak.ts';
import { HomeVoices } from '#src/speech/local/voices/home-voices.ts';
import { VoiceFolder } from '#src/speech/local/voices/voice-folder.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { measureLoudness } from '#test/audio/measure-loudness.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { serveFile } from '#test/fakes/file-server.ts';

const models = new LocalModels();
const program = [
  process.execPath,
  fileURLToPath(new URL('../../../fakes/espeak-ng.ts', import.meta.url)),
] as const;
let builtIn: Synthesizer;
let espeak: Espeak | undefined;
let dataDir = '';
beforeAll(async () => {
  builtIn = await openLocalSynthesizer({ models });
  espeak = await Espeak.open(program, realClock);
}, 60_000);
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'parley-voices-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));
afterAll(() => models[Symbol.asyncDispose]());

const never = new AbortController().signal;
const joe = fileURLToPath(
  new URL('../../../../models/piper-joe-int8/en_US-joe-medium.onnx', import.meta.url),
);

function openVoices(
  options: Partial<ConstructorParameters<typeof HomeVoices>[0]> = {},
) {
  const missing: unknown[] = [];
  const folder = new VoiceFolder(getVoicesFolder(dataDir));
  const voices = new HomeVoices({
    ...{ builtIn, espeak, folder, models },
    onMissing: (...given) => missing.push(given),
    ...options,
  });
  return { missing, voices };
}

/** The description of the built-in voice, as one of a German voice. */
async function describeGerman() {
  const description = JSON.parse(await readFile(`${joe}.json`, 'utf8'));
  return JSON.stringify({
    ...description,
    espeak: { voice: 'de' },
    language: { code: 'de_DE' },
  });
}

/** The built-in voice under another name and language, at a server of files. */
async function serveGerman() {
  const [model, description] = [
    await readFile(joe),
    Buffer.from(await describeGerman()),
  ];
  const describeContent = (bytes: Uint8Array) => ({
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  const voice: FetchableVoice = {
    name: 'de_DE-joe-medium',
    speaker: 'Joe',
    language: 'de-DE',
    folder: 'voices/de',
    model: describeContent(model),
    description: describeContent(description),
    licence: 'MIT',
    source: 'https://example.org/card',
    lookedUp: '2026-11-30: by this test',
  };
  const server = await serveFile((path) =>
    path.endsWith('.json') ? description : model,
  );
  return { server, voice };
}

/** English words as they sound, as the program of the tests reads German. */
const sounds = 'ðə bˈɪɡ ɹˈɛd dˈɑːɡ ɪz ɐslˈiːp. ɪn ðə kˈɪtʃən bᵻhˌaɪnd ðə dˈoːɹ';
const german = { language: 'de' };

async function recogniseVoice(voices: Synthesizer) {
  const said = await collectSound(voices, sounds, german);
  const transcriber = await openLocalTranscriber({ models });
  const heard = await transcribeText(transcriber, resamplePcm(said, listenRateHz));
  return { said, words: heard.toLowerCase().replace(/[^a-z ]/g, '') };
}

test('a language that the built-in voice does not know is spoken plainly where eSpeak NG is installed', async () => {
  const { missing, voices } = openVoices();
  expect(voices.findSpeaker('de')).toBe('eSpeak NG');
  const said = await collectSound(voices, 'Guten Tag zusammen', german);
  expect(said.samples.length).toBeGreaterThan(said.rateHz / 2);
  expect(missing).toEqual([['de', true]]);
});

test('English stays with the built-in voice', async () => {
  const { missing, voices } = openVoices();
  for (const language of [undefined, 'en-GB']) {
    expect(voices.findSpeaker(language)).toBe('built-in');
    const { rateHz } = await collectSound(voices, 'Hello.', { language, name: 'deep' });
    expect(rateHz).toBe(Math.round(22_050 * 0.84));
  }
  expect(missing).toEqual([]);
});

test('without eSpeak NG another language is refused, and the one who could add a voice is told', async () => {
  const { missing, voices } = openVoices({ espeak: undefined });
  expect(voices.languages).toEqual(['en']);
  await expect(collectSound(voices, 'Guten Tag', german)).rejects.toMatchObject({
    code: 'speech.no_voice',
  });
  expect(missing).toEqual([['de', false]]);
});

test('Japanese is refused, as the program would name its characters', async () => {
  const { voices } = openVoices();
  expect(voices.findSpeaker('ja')).toBeUndefined();
  await expect(
    collectSound(voices, '日本語です', { language: 'ja' }),
  ).rejects.toMatchObject({ code: 'speech.no_voice' });
});

test('a voice that is fetched speaks its language from the next sentence on, and is understood', async () => {
  const { missing, voices } = openVoices();
  const { server, voice } = await serveGerman();
  await using _ = server;
  await collectSound(voices, 'Guten Tag', german);
  const places = { dataDir, host: server.address };
  await fetchVoice(voice, places, { clock: realClock }, never);
  expect(voices.findSpeaker('de-AT')).toBe('de_DE-joe-medium');
  const { said, words } = await recogniseVoice(voices);
  expect(words).toBe('the big red dog is asleep in the kitchen behind the door');
  // One short sentence is up to 2.5 dB beside the mean of the voice.
  expect(Math.abs((measureLoudness(said) ?? 0) + 16)).toBeLessThan(4);
  expect(missing).toHaveLength(1);
}, 60_000);

test('a voice counts once it is whole, and another content than the one listed is not taken', async () => {
  const { voices } = openVoices();
  const { server, voice } = await serveGerman();
  await using _ = server;
  const places = { dataDir, host: server.address };
  const other = { ...voice, model: { ...voice.model, sha256: '0'.repeat(64) } };
  await expect(
    fetchVoice(other, places, { clock: realClock }, never),
  ).rejects.toMatchObject({ code: 'download.failed' });
  expect(voices.findSpeaker('de')).toBe('eSpeak NG');
});

test('a voice of one’s own speaks once its two files lie in the folder of voices', async () => {
  const { voices } = openVoices();
  const folder = getVoicesFolder(dataDir);
  await mkdir(folder);
  await writeFile(join(folder, 'mine.onnx.json'), '{"no": "voice"');
  await cp(joe, join(folder, 'mine.onnx'));
  expect(voices.findSpeaker('de')).toBe('eSpeak NG');
  await writeFile(join(folder, 'mine.onnx.json'), await describeGerman());
  expect(voices.findSpeaker('de')).toBe('mine');
  expect(voices.languages).toContain('de-DE');
  const { rateHz, samples } = await collectSound(voices, 'ɡˈuːtən tˈɑːk', german);
  expect(samples.length).toBeGreaterThan(rateHz / 4);
}, 60_000);

test('a text without a word is unspeakable in every voice', async () => {
  const { voices } = openVoices();
  for (const text of ['...', ' \n', '🙂'])
    await expect(collectSound(voices, text, german)).rejects.toMatchObject({
      code: 'speech.unspeakable',
    });
});
