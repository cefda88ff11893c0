// Plans the scenes and makes the clips that are missing: npx node bench/turns/make.ts (needs espeak-ng).
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OpusEncoder } from 'mediaplex';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { clipPath, decodeClip, pack, readClips, scenesFolder, type VoiceClip } from './clips.ts';
import { soundingPart, voiceLevelDb, wordsOf } from './labels.ts';
import { planScenes, type SceneLine, type SceneSentences } from './plan.ts';
import { openVoices } from './voices.ts';

const seed = 1;
const levelDb = -20;
/** Kept before and after the sound. */
const [leadMs, tailMs, fadeMs] = [20, 30, 5];
const bitrate = 20_000;
const frameSamples = 320;
const samplesPerMs = 16;

const sentences: SceneSentences = JSON.parse(
  await readFile(`${scenesFolder}/sentences.json`, 'utf8'),
);
const { scenes, lines } = planScenes(sentences, seed);
const made = await readClips().catch(() => new Map<string, VoiceClip>());
const codec = await loadOpus('mediaplex');
const clips: VoiceClip[] = [];
{
  await using voices = await openVoices();
  for (const [id, line] of lines) {
    const former = made.get(id);
    clips.push(former?.say === line.say ? former : await makeClip(id, line, voices.speak));
  }
}
clips.sort((a, b) => (a.id < b.id ? -1 : 1));
await writeFile(`${scenesFolder}/clips.json`, rows(clips));
await writeFile(`${scenesFolder}/scenes.json`, rows(scenes));
console.log(`${scenes.length} scenes, ${clips.length} clips`);

async function makeClip(
  id: string,
  line: SceneLine,
  speak: (line: SceneLine) => Promise<Int16Array>,
): Promise<VoiceClip> {
  const file = pack(encode(tidy(await speak(line))));
  await mkdir(dirname(clipPath(id)), { recursive: true });
  await writeFile(clipPath(id), file);
  const part = soundingPart(decodeClip(file, codec, 16_000));
  return { id, say: line.say, words: wordsOf(line.say, part) };
}

/** At the common level, with little silence around it and no click at the ends. */
function tidy(samples: Int16Array): Int16Array {
  const [fromMs, toMs] = soundingPart(samples);
  const from = Math.max(0, fromMs - leadMs) * samplesPerMs;
  const part = samples.slice(from, (toMs + tailMs) * samplesPerMs);
  const gain = 10 ** ((levelDb - voiceLevelDb(part)) / 20);
  const fade = fadeMs * samplesPerMs;
  return part.map((sample, n) => {
    const edge = Math.min(1, n / fade, (part.length - 1 - n) / fade);
    return Math.max(-32_768, Math.min(32_767, Math.round(sample * gain * edge)));
  });
}

function encode(samples: Int16Array): Buffer[] {
  const encoder = new OpusEncoder(16_000, 1);
  encoder.setBitrate(bitrate);
  const packets: Buffer[] = [];
  // One frame more than there is sound: the encoder is 6.5 ms behind.
  for (let at = 0; at < samples.length + frameSamples / 2; at += frameSamples) {
    const frame = new Int16Array(frameSamples);
    frame.set(samples.subarray(at, at + frameSamples));
    packets.push(encoder.encode(Buffer.from(frame.buffer)));
  }
  return packets;
}

/** JSON with one entry a line. */
function rows(values: readonly unknown[]): string {
  return `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]\n`;
}
