import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listenRateHz } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { realClock } from '#src/base/clock.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import {
  type FetchableVoice,
  fetchVoice,
  getVoicesFolder,
} from '#src/downloads/voice-catalogue.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import { Espeak, findEspeak } from '#src/speech/local/voices/espeak.ts';
import { HomeVoices } from '#src/speech/local/voices/home-voices.ts';
import { VoiceFolder } from '#src/speech/local/voices/voice-folder.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { serveFile } from '#test/fakes/file-server.ts';

const models = new LocalModels();
const dataDir = mkdtempSync(join(tmpdir(), 'parley-espeak-'));
afterAll(async () => {
  await models[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true });
});
const never = new AbortController().signal;
const joe = fileURLToPath(
  new URL('../../models/piper-joe-int8/en_US-joe-medium.onnx', import.meta.url),
);

async function openVoices() {
  const program = findEspeak(process.env.PATH ?? '');
  const espeak = program && (await Espeak.open(program, realClock));
  if (!espeak) throw new Error('espeak-ng is not installed');
  const builtIn = await openLocalSynthesizer({ models });
  const folder = new VoiceFolder(getVoicesFolder(dataDir));
  return { espeak, voices: new HomeVoices({ builtIn, espeak, folder, models }) };
}

/** Kills the programs of a name that this process has started. */
function killChildren(name: string) {
  const { pid } = process;
  const ids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ');
  for (const id of ids)
    if (readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(name))
      process.kill(Number(id), 'SIGKILL');
}

/** Letters of what the local recogniser hears in a language. */
async function hearText(voices: HomeVoices, text: string, language: string) {
  const said = await collectSound(voices, text, { language });
  const transcriber = await openLocalTranscriber({
    models,
    language: admitChosenLanguage(language),
  });
  const heard = await transcribeText(transcriber, resamplePcm(said, listenRateHz));
  return heard.toLowerCase().replace(/[^\p{L} ]/gu, '');
}

test('eSpeak NG speaks German and Spanish as the local recogniser understands it', async () => {
  const { espeak, voices } = await openVoices();
  expect(espeak.languages.length).toBeGreaterThan(80);
  expect(await hearText(voices, 'Guten Morgen, heute ist Montag.', 'de')).toMatch(
    /^guten morgen/,
  );
  expect(await hearText(voices, 'Buenos días, ¿cómo estás?', 'es')).toContain('buenos');
}, 120_000);

test('eSpeak NG that is killed in mid-sentence ends it with a named failure, and speaks the next one', async () => {
  const { espeak } = await openVoices();
  const manner = { language: 'de', speed: 1, pitch: 1 };
  const long = 'Guten Morgen, heute ist Montag. '.repeat(30);
  const speaking = async () => {
    for await (const _ of espeak.speak(long, manner, never)) killChildren('espeak-ng');
  };
  await expect(speaking()).rejects.toMatchObject({
    code: 'speech.failed',
    retryable: true,
    message: 'eSpeak NG was ended by SIGKILL.',
  });
  expect(await espeak.toIpa(['Montag'], 'de', never)).toEqual([
    expect.stringContaining('moː'),
  ]);
}, 60_000);

test('the built-in voice, fetched under another name and language, speaks German by the sounds of eSpeak NG', async () => {
  const { voices } = await openVoices();
  const [model, json] = [
    readFileSync(joe),
    JSON.parse(readFileSync(`${joe}.json`, 'utf8')),
  ];
  const changed = { ...json, espeak: { voice: 'de' }, language: { code: 'de_DE' } };
  const description = Buffer.from(JSON.stringify(changed));
  const describeContent = (bytes: Uint8Array) => ({
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  await using server = await serveFile((path) =>
    path.endsWith('.json') ? description : model,
  );
  const voice: FetchableVoice = {
    ...{ name: 'de_DE-joe-medium', speaker: 'Joe', language: 'de-DE', folder: 'a/b' },
    ...{ model: describeContent(model), description: describeContent(description) },
    ...{ licence: 'MIT', source: 'https://example.org', lookedUp: 'by this check' },
  };
  const places = { dataDir, host: server.address };
  await fetchVoice(voice, places, { clock: realClock }, never);
  expect(voices.findSpeaker('de')).toBe('de_DE-joe-medium');
  expect(await hearText(voices, 'Guten Morgen, heute ist Montag.', 'de')).toMatch(
    /^guten .*montag$/,
  );
}, 120_000);
