// Plans the scenes and makes the clips that are missing: npm run node -- bench/turns/make.ts (needs espeak-ng).
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { clipPath, decodeClip, pack, readClips, scenariosFolder, type VoiceClip } from './clips.ts';
import { encode, tidy } from './encoding.ts';
import { soundingPart, wordsOf } from './labels.ts';
import { planScenarios, type ScenarioLine, type ScenarioSentences } from './plan.ts';
import { openVoices } from './voices.ts';

const seed = 1;

const sentences: ScenarioSentences = JSON.parse(
  await readFile(`${scenariosFolder}/sentences.json`, 'utf8'),
);
const { scenarios, lines } = planScenarios(sentences, seed);
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
await writeFile(`${scenariosFolder}/clips.json`, rows(clips));
await writeFile(`${scenariosFolder}/scenes.json`, rows(scenarios));
console.log(`${scenarios.length} scenes, ${clips.length} clips`);

async function makeClip(
  id: string,
  line: ScenarioLine,
  speak: (line: ScenarioLine) => Promise<Int16Array>,
): Promise<VoiceClip> {
  const file = pack(encode(tidy(await speak(line))));
  await mkdir(dirname(clipPath(id)), { recursive: true });
  await writeFile(clipPath(id), file);
  const part = soundingPart(decodeClip(file, codec, 16_000));
  return { id, say: line.say, words: wordsOf(line.say, part) };
}

/** JSON with one entry a line. */
function rows(values: readonly unknown[]): string {
  return `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]\n`;
}
