// npm run bench -- ears [--clips DIR] [--model FOLDER] [--hints NAMES] [--show]: words that the local ears get wrong, leave out or invent, and their speed.
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
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import {
  makeSounds,
  type NamedSound,
  readClearClips,
  readPeople,
  readSounds,
  type SpeechClip,
} from './sounds.ts';
import { normaliseLetters, normaliseWords } from './spoken-words.ts';

const { values: options } = parseArgs({
  options: {
    /** Folder of people, with a manifest.json. */
    clips: { type: 'string', default: 'test/fixtures/human' },
    model: { type: 'string', default: '' },
    /** Names that the model is told, as those of a channel are. */
    hints: { type: 'string', default: 'Nova, Adam, Bella' },
    /** Prints each text that is not heard as it was said. */
    show: { type: 'boolean', default: false },
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

await printWords([...readClearClips(), ...(await readPeople(options.clips))]);
await printSounds(
  'sounds without speech',
  await readSounds('test/fixtures/non-speech'),
);
await printSounds('sounds that no limit was chosen by', [
  ...(await readSounds('src/sources/sounds')),
  ...makeSounds(),
]);
await printSpeed();

async function hear(samples: Int16Array, language?: string) {
  const pcm: Pcm = { samples, rateHz: listenRateHz, channels: 1 };
  let text = '';
  for await (const update of transcriber.transcribe(pcm, never, { language, hints }))
    if (update.kind === 'final') text = update.transcript.text;
  return text;
}

/** Words wrong and clips unheard of each group; the language is found by the model. */
async function printWords(clips: readonly SpeechClip[]) {
  const rows: TableRow[] = [];
  for (const [group, some] of Map.groupBy(clips, ({ group }) => group)) {
    const heard: Awaited<ReturnType<typeof hearClip>>[] = [];
    for (const clip of some) heard.push(await hearClip(clip));
    const sum = (key: 'words' | 'wrong' | 'ms' | 'soundMs') =>
      sumValues(heard, (one) => one[key]);
    const [words, wrong] = [sum('words'), sum('wrong')];
    rows.push([
      group,
      some.length,
      `${wrong} of ${words}`,
      `${((100 * wrong) / words).toFixed(1)} %`,
      heard.filter(({ isUnheard }) => isUnheard).length,
      (sum('ms') / sum('soundMs')).toFixed(3),
    ]);
  }
  const head = [
    'people',
    'clips',
    'words wrong',
    '',
    'clips unheard',
    's for a second',
  ];
  console.log(`\n${formatTable(head, rows)}`);
}

async function hearClip({ group, language, samples, text }: SpeechClip) {
  const toParts = withoutSpaces.has(language) ? normaliseLetters : normaliseWords;
  const beganMs = performance.now();
  const heard = await hear(samples);
  const ms = performance.now() - beganMs;
  const wanted = toParts(text);
  const wrong = measureEditDistance(wanted, toParts(heard));
  if (options.show && wrong > 0) console.log(`  ${group}: ${text} -> ${heard}`);
  const soundMs = (1000 * samples.length) / listenRateHz;
  return { words: wanted.length, wrong, isUnheard: heard === '', ms, soundMs };
}

async function printSounds(title: string, sounds: readonly NamedSound[]) {
  const heard: string[] = [];
  for (const { name, samples } of sounds) {
    const text = await hear(samples);
    if (text !== '') heard.push(`${name}: ${text}`);
  }
  console.log(
    [`\n${title}: ${heard.length} of ${sounds.length} heard as words`, ...heard].join(
      '\n  ',
    ),
  );
}

/** Waits for the words of short and long utterances, one thread, and the memory of the model process. */
async function printSpeed() {
  const clips = readClearClips().toSorted(
    (a, b) => a.samples.length - b.samples.length,
  );
  const speech = clips.flatMap(({ samples }) => [...samples]);
  for (const seconds of [2, 5]) {
    const samples = Int16Array.from(speech.slice(-seconds * listenRateHz));
    const waits: number[] = [];
    const before = await readThreads();
    for (let n = 0; n < runs; n++) {
      const beganMs = performance.now();
      await hear(samples);
      waits.push(performance.now() - beganMs);
    }
    const [least, usual] = [Math.min(...waits), findPercentile(waits, 0.5)].map(
      Math.round,
    );
    const { cpuMs } = measureUsage(0, before, await readThreads());
    const usedMs = Math.round(cpuMs / runs);
    console.log(
      `${seconds} s of speech: least ${least} ms, median ${usual} ms, CPU ${usedMs} ms`,
    );
  }
  const [now, most] = await Promise.all([readMb('VmRSS'), readMb('VmHWM')]);
  if (now && most) console.log(`memory: ${now} MB, at most ${most} MB`);
}

/** Processor times of the model process; none where the system does not say. */
async function readThreads() {
  return await readProcessThreads(models.processId ?? 0).catch(() => new Map());
}

async function readMb(name: 'VmRSS' | 'VmHWM') {
  const mb = await readResidentMb(models.processId ?? 0, name).catch(() => 0);
  return Math.round(mb);
}
