// Makes clips of readings: npm run node -- bench/turns/readings/make-readings.ts FOLDER (with the recordings of readings.json).
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MPEGDecoder } from 'mpg123-decoder';
import { clipPath, decodeClip, pack, scenariosFolder, type VoiceClip } from '#bench/turns/clips.ts';
import { encode, tidy } from '#bench/turns/encoding.ts';
import { soundingStretches } from '#bench/turns/labels.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { toMono } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { readWav } from '#src/audio/wav.ts';
import { aligned, writtenWords } from './alignment.ts';

type ReadingSource = {
  readonly id: string;
  readonly speaker: string;
  readonly file: string;
  readonly text: string;
  /** Distance from the voice down to the level of silence, for recordings with noise, in dB. */
  readonly depthDb?: number;
};

const [folder = '.'] = process.argv.slice(2);
const codec = await loadOpus('mediaplex');
const sources: readonly ReadingSource[] = JSON.parse(
  await readFile(`${scenariosFolder}/readings.json`, 'utf8'),
);
const clips: VoiceClip[] = [];
for (const { id, speaker, file, text, depthDb } of sources) {
  const sound = tidy(await decoded(join(folder, file)));
  const words = writtenWords(text);
  const times = aligned(words, soundingStretches(sound, depthDb));
  for (const [n, [from, to]] of sentencesOf(words).entries()) {
    const [fromMs, toMs] = [times[from]?.[1] ?? 0, times[to - 1]?.[2] ?? 0];
    const part = sound.slice(Math.max(0, fromMs - 20) * 16, (toMs + 30) * 16);
    const name = `${speaker}/${id}-${n}`;
    const packets = pack(encode(part));
    await mkdir(dirname(clipPath(name)), { recursive: true });
    await writeFile(clipPath(name), packets);
    const stretches = soundingStretches(decodeClip(packets, codec, 16_000), depthDb);
    const inside = words.slice(from, to);
    const said = inside.map(({ text, mark }) => text + mark).join(' ');
    clips.push({ id: name, say: said, words: aligned(inside, stretches), stretches });
  }
}
await writeFile(
  `${scenariosFolder}/reading-clips.json`,
  `[\n${clips.map((clip) => JSON.stringify(clip)).join(',\n')}\n]\n`,
);
console.log(`${clips.length} clips`);

/** Where sentences begin and end among the words. */
function sentencesOf(
  words: readonly { readonly mark: string }[],
): (readonly [from: number, to: number])[] {
  const ends = words.flatMap(({ mark }, n) =>
    /[.?!]/.test(mark) || n === words.length - 1 ? [n + 1] : [],
  );
  return ends.map((to, n) => [ends[n - 1] ?? 0, to]);
}

async function decoded(path: string): Promise<Int16Array> {
  const file = await readFile(path);
  if (path.endsWith('.wav')) return resample(toMono(readWav(file)), 16_000).samples;
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const { channelData, sampleRate } = decoder.decode(file);
  decoder.free();
  const [left = new Float32Array(), right = left] = channelData;
  const samples = Int16Array.from(left, (value, n) => ((value + (right[n] ?? value)) / 2) * 32_767);
  return resample({ samples, rateHz: sampleRate, channels: 1 }, 16_000).samples;
}
