// npm run bench -- ears [--clips DIR] [--model FOLDER] [--hints NAMES] [--show]: words that the local ears get wrong, leave out or invent, and their speed.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { findPercentile, formatTable } from '#bench/format-table.ts';
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

await printWords([...(await readClearClips()), ...(await readPeople(options.clips))]);
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
  const rows: string[][] = [];
  for (const [group, some] of Map.groupBy(clips, ({ group }) => group)) {
    const heard: HeardClip[] = [];
    for (const clip of some) heard.push(await hearClip(clip));
    const sum = (part: (clip: HeardClip) => number) =>
      heard.reduce((all, one) => all + part(one), 0);
    const [words, wrong] = [sum((one) => one.words), sum((one) => one.wrong)];
    const share = `${((100 * wrong) / words).toFixed(1)} %`;
    const unheard = sum(({ isUnheard }) => Number(isUnheard));
    const speed = (sum(({ ms }) => ms) / sum(({ soundMs }) => soundMs)).toFixed(3);
    rows.push([
      group,
      `${some.length}`,
      `${wrong} of ${words}`,
      share,
      `${unheard}`,
      speed,
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

type HeardClip = Awaited<ReturnType<typeof hearClip>>;

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
  const clips = [...(await readClearClips())].toSorted(
    (a, b) => a.samples.length - b.samples.length,
  );
  const speech = clips.flatMap(({ samples }) => [...samples]);
  for (const seconds of [2, 5]) {
    const samples = Int16Array.from(speech.slice(-seconds * listenRateHz));
    const waits: number[] = [];
    const cpuMs = await readCpuMs();
    for (let n = 0; n < runs; n++) {
      const beganMs = performance.now();
      await hear(samples);
      waits.push(performance.now() - beganMs);
    }
    const [least, usual] = [Math.min(...waits), findPercentile(waits, 0.5)].map(
      Math.round,
    );
    const usedMs = Math.round(((await readCpuMs()) - cpuMs) / runs);
    console.log(
      `${seconds} s of speech: least ${least} ms, median ${usual} ms, CPU ${usedMs} ms`,
    );
  }
  const status = await readProcess('status');
  const [, most, now] = /VmHWM:\s+(\d+).*?VmRSS:\s+(\d+)/s.exec(status) ?? [];
  if (now && most) console.log(`memory: ${toMb(now)} MB, at most ${toMb(most)} MB`);
}

/** Processor time of the model process, in steps of 10 ms; 0 where the system does not say. */
async function readCpuMs() {
  const [, ...fields] = (await readProcess('stat')).split(') ');
  const [user = 0, system = 0] = (fields[0] ?? '').split(' ').slice(11, 13).map(Number);
  return 10 * (user + system);
}

/** What Linux tells of the model process; empty elsewhere. */
async function readProcess(name: 'stat' | 'status') {
  return await readFile(`/proc/${models.processId}/${name}`, 'utf8').catch(() => '');
}

function toMb(kb: string) {
  return Math.round(Number(kb) / 1024);
}
