// npm run bench -- ears [--clips DIR] [--model FOLDER] [--hints NAMES] [--show] [--only languages] [--tuning]: words that the local ears get wrong, leave out or invent, languages that they confuse, and their speed.
import { parseArgs } from 'node:util';
import {
  measureUsage,
  readProcessThreads,
  readResidentMb,
} from '#bench/cpu/thread-times.ts';
import {
  findPercentile,
  formatTable,
  sumValues,
  type TableRow,
} from '#bench/format-table.ts';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { measureEditDistance } from '#src/base/edit-distance.ts';
import type { ExpectedLanguage } from '#src/base/language/expected-language.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import { measureBilingualPairs } from './bilingual.ts';
import {
  makeSounds,
  type NamedSound,
  readClearClips,
  readPairClips,
  readPeople,
  readSounds,
  readStopCalls,
  type SpeechClip,
} from './sounds.ts';

const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const spellings: Readonly<Record<string, string>> = { mister: 'mr', okay: 'ok' };

/**
 * Lists the words of a text so that two spellings of the same speech are equal: small letters without marks, each digit a word of its
 * own (`25`, `twenty five` and `2 5` are the same).
 */
function normaliseWords(text: string): readonly string[] {
  const words = text
    .toLowerCase()
    .replace(/['’]/g, '')
    .match(/\d|[\p{L}\p{M}]+/gu);
  return [...(words ?? [])].flatMap((word, n, texts) => toDigits(word, texts[n + 1]));
}

function toDigits(word: string, nextWord = '') {
  const ten = tens.indexOf(word);
  const value = small.indexOf(word);
  if (value >= 0) return [...String(value)];
  if (ten < 0) return [spellings[word] ?? word];
  const unit = small.indexOf(nextWord);
  return unit > 0 && unit < 10 ? [String(ten + 2)] : [String(ten + 2), '0'];
}

/** Lists the letters of a text in a script without spaces, where words cannot be counted. */
function normaliseLetters(text: string): readonly string[] {
  return [...text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')];
}

const { values: options } = parseArgs({
  options: {
    /** Folder of people, with a manifest.json. */
    clips: { type: 'string', default: 'test/fixtures/human' },
    model: { type: 'string', default: '' },
    /** Names that the model is told, as those of a channel are. */
    hints: { type: 'string', default: 'Nova, Adam, Bella' },
    /** Prints each text that is recognised as another one. */
    show: { type: 'boolean', default: false },
    /** `languages`: only the pairs of languages. */
    only: { type: 'string', default: '' },
    /** Pairs of languages by the clips that constants were chosen by, in place of the others. */
    tuning: { type: 'boolean', default: false },
  },
});
const withoutSpaces = new Set(['ja', 'zh', 'th', 'ko']);
/** Recognitions of the same utterance. */
const runs = 12;
const hints = options.hints.split(', ').filter((name) => name !== '');
const never = new AbortController().signal;

const startedMs = performance.now();
await using models = new LocalModels();
const transcriber = await openLocalTranscriber({ models, model: options.model });
console.log(`loaded after ${Math.round(performance.now() - startedMs)} ms`);

if (options.only === '') await printRecognition();
await printPairs();

async function printRecognition() {
  await printWords([
    ...readClearClips(),
    ...(await readPeople(options.clips)),
    ...(await readStopCalls()),
  ]);
  await printSounds('sounds without speech', readSounds('test/fixtures/non-speech'));
  await printSounds('other sounds without speech', [
    ...readSounds('src/sources/sounds'),
    ...makeSounds(),
  ]);
  await printSpeed();
}

async function recogniseText(samples: Int16Array) {
  return (await transcribeSound(samples, undefined)).text;
}

async function transcribeSound(
  samples: Int16Array,
  language: ExpectedLanguage | undefined,
) {
  const pcm: Pcm = { samples, rateHz: listenRateHz, channels: 1 };
  let transcript: Transcript = { text: '' };
  for await (const update of transcriber.transcribe(pcm, never, { language, hints }))
    if (update.kind === 'final') transcript = update.transcript;
  return transcript;
}

/** Prints what is heard after two learned sentences in another language. Ends with 1 where a goal is missed. */
async function printPairs() {
  const { missed, table } = await measureBilingualPairs(
    await readPairClips(options.tuning),
    ({ samples }, expected) => transcribeSound(samples, expected),
    (line) => options.show && console.log(line),
  );
  console.log(`\n${table}`);
  if (missed.length === 0) return;
  console.log(`missed: ${missed.join(', ')}`);
  process.exitCode = 1;
}

/** Prints the words wrong and the clips unheard of each group. The model finds the language. */
async function printWords(clips: readonly SpeechClip[]) {
  const rows: TableRow[] = [];
  const groups = Map.groupBy(clips, (clip) => clip.group);
  for (const [group, groupClips] of groups) {
    const results: ClipResult[] = [];
    for (const clip of groupClips) results.push(await recogniseClip(clip));
    const sumResults = (key: 'wordCount' | 'wrongCount' | 'ms' | 'soundMs') =>
      sumValues(results, (result) => result[key]);
    const wordCount = sumResults('wordCount');
    const wrongCount = sumResults('wrongCount');
    rows.push([
      group,
      groupClips.length,
      `${wrongCount} of ${wordCount}`,
      `${((100 * wrongCount) / wordCount).toFixed(1)} %`,
      results.filter(({ isUnheard }) => isUnheard).length,
      (sumResults('ms') / sumResults('soundMs')).toFixed(3),
    ]);
  }
  const columnNames = [
    'people',
    'clips',
    'words wrong',
    '',
    'clips unheard',
    's of work per s',
  ];
  console.log(`\n${formatTable(columnNames, rows)}`);
}

type ClipResult = {
  readonly wordCount: number;
  readonly wrongCount: number;
  readonly isUnheard: boolean;
  /** Time of the recognition. */
  readonly ms: number;
  readonly soundMs: number;
};

async function recogniseClip({
  group,
  language,
  samples,
  text,
}: SpeechClip): Promise<ClipResult> {
  const normalise = withoutSpaces.has(language) ? normaliseLetters : normaliseWords;
  const beganMs = performance.now();
  const transcript = await recogniseText(samples);
  const ms = performance.now() - beganMs;
  const words = normalise(text);
  const wrongCount = measureEditDistance(words, normalise(transcript));
  if (options.show && wrongCount > 0)
    console.log(`  ${group}: ${text} -> ${transcript}`);
  const soundMs = (1000 * samples.length) / listenRateHz;
  const isUnheard = transcript === '';
  return { wordCount: words.length, wrongCount, isUnheard, ms, soundMs };
}

async function printSounds(title: string, sounds: readonly NamedSound[]) {
  const transcripts: string[] = [];
  for (const { name, samples } of sounds) {
    const text = await recogniseText(samples);
    if (text !== '') transcripts.push(`${name}: ${text}`);
  }
  console.log(
    [
      `\n${title}: ${transcripts.length} of ${sounds.length} heard as words`,
      ...transcripts,
    ].join('\n  '),
  );
}

/** Prints the waits and the CPU time for the words of short and long utterances, on one thread, and the memory of the model process. */
async function printSpeed() {
  const clips = readClearClips().toSorted(
    (a, b) => a.samples.length - b.samples.length,
  );
  const speech = clips.flatMap(({ samples }) => [...samples]);
  for (const seconds of [2, 5]) {
    const samples = Int16Array.from(speech.slice(-seconds * listenRateHz));
    const waits: number[] = [];
    const startTimes = await readThreads();
    for (let n = 0; n < runs; n++) {
      const beganMs = performance.now();
      await recogniseText(samples);
      waits.push(performance.now() - beganMs);
    }
    const minMs = Math.round(Math.min(...waits));
    const medianMs = Math.round(findPercentile(waits, 0.5));
    const { cpuMs } = measureUsage(0, startTimes, await readThreads());
    const usedMs = Math.round(cpuMs / runs);
    console.log(
      `${seconds} s of speech: least ${minMs} ms, median ${medianMs} ms, CPU ${usedMs} ms`,
    );
  }
  const [presentMb, maxMb] = await Promise.all([readMb('VmRSS'), readMb('VmHWM')]);
  if (presentMb && maxMb) console.log(`memory: ${presentMb} MB, at most ${maxMb} MB`);
}

/** Reads processor times of the model process. None where the system does not say. */
async function readThreads() {
  return await readProcessThreads(models.processId ?? 0).catch(() => new Map());
}

async function readMb(name: 'VmRSS' | 'VmHWM') {
  const mb = await readResidentMb(models.processId ?? 0, name).catch(() => 0);
  return Math.round(mb);
}
