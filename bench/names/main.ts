// npm run bench -- names [--show]: if the local ears heard the begin of each utterance first, how much would a paid recogniser not get, and whom would it miss?
import { parseArgs } from 'node:util';
import { readPeople, type SpeechClip } from '#bench/ears/sounds.ts';
import { findPercentile, formatTable, sumValues } from '#bench/format-table.ts';
import { joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import { findName, parseNames, splitSentences } from '#src/turn/addressing/names.ts';

const { values: options } = parseArgs({
  options: {
    /** Prints the words that were heard where a name was missed. */
    show: { type: 'boolean', default: false },
  },
});
/** Length of the begin of an utterance that is heard, in ms. */
const windowsMs = [1_000, 1_500, 2_500] as const;
const maxClips = 24;
const pauseSamples = 0.12 * listenRateHz;
const botNames = parseNames(['Nova']);
const tolerance = { alike: true, taken: new Set<string>() };
const never = new AbortController().signal;
await using models = new LocalModels();
const transcriber = await openLocalTranscriber({ models });
const voice = await openLocalSynthesizer({ models });

const clips = (await readPeople('test/fixtures/human'))
  .filter(({ language, samples }) => language === 'en' && samples.length > listenRateHz)
  .slice(0, maxClips);
const called = await speakName('Nova.');
const pause = new Int16Array(pauseSamples);
const rows: (readonly (number | string)[])[] = [];
for (const windowMs of windowsMs) rows.push(await measureWindow(windowMs));
console.log(
  `${clips.length} clips of people without a name, and each with "Nova" of a voice before or after it`,
);
console.log(
  formatTable(
    [
      'begin heard, ms',
      'missed, name first',
      'missed, name last',
      'taken for the name',
      'not sent of talk, %',
      'ms of the ears, p50',
      'p95',
    ],
    rows,
  ),
);

async function measureWindow(windowMs: number) {
  const times: number[] = [];
  const hearName = async (samples: Int16Array) => {
    const begin = samples.subarray(0, (windowMs * listenRateHz) / 1_000);
    const beganMs = performance.now();
    const text = await recogniseText(begin);
    times.push(performance.now() - beganMs);
    return { isNamed: hasName(text), text };
  };
  let [missedFirst, missedLast] = [0, 0];
  const takenClips: SpeechClip[] = [];
  for (const clip of clips) {
    const first = await hearName(joinSamples([called, pause, clip.samples]));
    if (!first.isNamed) missedFirst += 1;
    if (!first.isNamed && options.show) console.log(`missed: ${first.text}`);
    if (!(await hearName(joinSamples([clip.samples, pause, called]))).isNamed)
      missedLast += 1;
    if ((await hearName(clip.samples)).isNamed) takenClips.push(clip);
  }
  const allSamples = sumValues(clips, ({ samples }) => samples.length);
  const sentSamples = sumValues(takenClips, ({ samples }) => samples.length);
  return [
    windowMs,
    missedFirst,
    missedLast,
    takenClips.length,
    (100 * (1 - sentSamples / allSamples)).toFixed(0),
    Math.round(findPercentile(times, 0.5)),
    Math.round(findPercentile(times, 0.95)),
  ] as const;
}

function hasName(text: string) {
  return splitSentences(text).some((sentence) =>
    sentence.words.some((_, at) => findName(sentence, at, botNames, tolerance)),
  );
}

async function recogniseText(samples: Int16Array) {
  const pcm: Pcm = { samples, rateHz: listenRateHz, channels: 1 };
  const hints = ['Nova'];
  for await (const update of transcriber.transcribe(pcm, never, { hints }))
    if (update.kind === 'final') return update.transcript.text;
  return '';
}

async function speakName(text: string) {
  const segments = await Array.fromAsync(voice.synthesize(text, {}, never));
  const [first] = segments;
  if (!first) throw new Error(`Nothing is heard of "${text}".`);
  const samples = joinSamples(segments.map((segment) => segment.samples));
  return resamplePcm({ ...first, samples }, listenRateHz).samples;
}
