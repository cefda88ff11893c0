import { findSoundingPart, spreadClipWords } from '#bench/turns/sound-labels.ts';
import {
  pickPauseMs,
  profiles,
  type TurnScenario,
} from '#bench/turns/turn-scenarios.ts';
import {
  decodeOpusFile,
  packPackets,
  readOpusPackets,
  readReadings,
  scenariosUrl,
  type VoiceClip,
} from '#bench/turns/voice-clips.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { readClip } from '#test/audio/clip-archive.ts';

/** Scenes and the clips that they are made of. */
export type ScenarioSet = {
  readonly scenarios: readonly TurnScenario[];
  readonly clips: ReadonlyMap<string, VoiceClip>;
};

/** Pauses between recordings that were cut apart, and in requests. */
const readingPausesMs = [250, 900] as const;
const requestPausesMs = [200, 1500] as const;
const requestSeed = 11;
const readingSeed = 7;

/** Reads sentences of people, with the pauses they made. Sentences that were recorded in several files are joined. */
export async function readReadingScenarios(): Promise<ScenarioSet> {
  const clips = await readReadings();
  const random = seededRandom(readingSeed);
  const scenarios: TurnScenario[] = [];
  let ids: string[] = [];
  for (const { id, say } of clips) {
    ids.push(id);
    if (!/[.?!]$/.test(say)) continue;
    scenarios.push({
      id: `reading-${scenarios.length}`,
      kind: 'reading',
      profile: profiles[scenarios.length % profiles.length] ?? 'gate',
      language: id.startsWith('human-es') ? 'es' : 'en',
      gainDb: 0,
      clips: ids,
      pausesMs: ids.slice(1).map(() => pickPauseMs(random, readingPausesMs)),
    });
    ids = [];
  }
  return { scenarios, clips: new Map(clips.map((clip) => [clip.id, clip])) };
}

/** Makes requests with their pauses (`|` or `/`), each by each of these recorded voices. */
export async function makeRequestScenarios(
  sentences: readonly string[],
  voices: readonly string[],
  codec: OpusCodec,
): Promise<ScenarioSet> {
  const random = seededRandom(requestSeed);
  const scenarios: TurnScenario[] = [];
  const clips = new Map<string, VoiceClip>();
  const spokenSentences = sentences.flatMap((sentence, n) =>
    voices.map((voice) => ({ voice, sentence, n })),
  );
  for (const { voice, sentence, n } of spokenSentences) {
    const clauses = await readClauses(voice, sentence.split(/ [|/] /), codec);
    for (const clip of clauses) clips.set(clip.id, clip);
    scenarios.push({
      id: `request-${voice}-${n}`,
      kind: 'request',
      profile: profiles[scenarios.length % profiles.length] ?? 'gate',
      gainDb: 0 - Math.round(9 * random()),
      clips: clauses.map(({ id }) => id),
      pausesMs: clauses.slice(1).map(() => pickPauseMs(random, requestPausesMs)),
    });
  }
  return { scenarios, clips };
}

/** Reads the clauses of a sentence. One before a pause was spoken as before a comma, as the name of its file tells. */
function readClauses(voice: string, clauses: readonly string[], codec: OpusCodec) {
  return clauses.map((say, n) => {
    const ending = n < clauses.length - 1 ? '-goes-on' : '';
    const name = `${say.replace(/[^a-z0-9]+/g, '-')}${ending}`;
    const file = readClip(`${scenariosUrl}/held-out`, `${voice}/${name}.opus`);
    const words = spreadClipWords(say, findSoundingPart(decodeOpusFile(file, codec)));
    const packed = packPackets(readOpusPackets(file));
    return { id: `${voice}/${name}`, say, words, packed };
  });
}
