// npm run bench -- names [--show] [--clips N]: of what people say, how much does a paid recogniser not get where the bot answers its name, whom is it not asked
// for, and what does the local recogniser take?

import { setImmediate as endOfTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readChildThreads } from '#bench/cpu/thread-times.ts';
import { readPeople } from '#bench/ears/sounds.ts';
import { findPercentile, formatTable, sumValues } from '#bench/format-table.ts';
import { joinSamples, listenRateHz } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { toGuildId } from '#src/base/ids.ts';
import { NameEars, type NameJudgement } from '#src/conversation/ear/name-listener.ts';
import type { LocalRecogniser } from '#src/speech/fallbacks/lazy-recogniser.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';

const { values: options } = parseArgs({
  options: {
    /** Prints the words that were heard where a name was missed. */
    show: { type: 'boolean', default: false },
    /** Number of clips of people. */
    clips: { type: 'string', default: '24' },
  },
});
const pauseSamples = 0.12 * listenRateHz;
const frameSamples = 0.02 * listenRateHz;
const guildId = toGuildId('1');
const never = new AbortController().signal;
await using models = new LocalModels();
const transcriber = await openLocalTranscriber({ models });
const voice = await openLocalSynthesizer({ models });

/** The look that runs. No sound comes meanwhile, so that a busy machine changes nothing but times. */
let look: Promise<unknown> = Promise.resolve();
const localRecogniser: LocalRecogniser = {
  isAvailable: true,
  async recognise(pcm, signal, transcription) {
    const words = readFinal(transcriber.transcribe(pcm, signal, transcription));
    look = words;
    return await words;
  },
};
// A deadline of real time would measure how busy this machine is.
const clock = {
  nowMs: () => 0,
  wallMs: () => 0,
  later: () => () => undefined,
  sleep: () => Promise.resolve(),
};
const ears = new NameEars({ clock, localRecogniser });

const clips = (await readPeople('test/fixtures/human'))
  .filter(({ language, samples }) => language === 'en' && samples.length > listenRateHz)
  .slice(0, Number(options.clips));
const called = await speakName('Nova.');
const pause = new Int16Array(pauseSamples);
const talk = await measureClips((samples) => [samples]);
const first = await measureClips((samples) => [called, pause, samples]);
const middle = await measureClips((samples) => [
  samples,
  pause,
  called,
  pause,
  samples,
]);
const last = await measureClips((samples) => [samples, pause, called]);
console.log(
  `${clips.length} clips of people without a name, and each with "Nova" of a voice before it, after it, or between it and itself`,
);
const unsent = talk.filter(({ judgement }) => !judgement.mayBeNamed);
console.log(
  `Of the talk ${unsent.length} utterances of ${talk.length} are not sent, ${sumSeconds(unsent)} s of ${sumSeconds(talk)} s`,
);
console.log(
  formatTable(
    [
      'name',
      'missed',
      'known while it is said',
      'CPU of an utterance, ms, p50',
      'p95',
      'looks',
      'CPU of a second, ms',
    ],
    [
      formatRow('none', talk),
      formatRow('first', first),
      formatRow('middle', middle),
      formatRow('last', last),
    ],
  ),
);

type Measured = Awaited<ReturnType<typeof measureUtterance>>;

function formatRow(place: string, measured: readonly Measured[]) {
  const missed = measured.filter(({ judgement }) => !judgement.mayBeNamed);
  if (options.show && place !== 'none')
    for (const { judgement } of missed)
      console.log(`missed, ${place}: ${judgement.transcript?.text}`);
  const cpuMs = measured.map((each) => each.cpuMs);
  const seconds = Number(sumSeconds(measured));
  return [
    place,
    place === 'none' ? '-' : missed.length,
    measured.filter(({ isEarly }) => isEarly).length,
    Math.round(findPercentile(cpuMs, 0.5)),
    Math.round(findPercentile(cpuMs, 0.95)),
    (sumValues(measured, ({ looks }) => looks) / measured.length).toFixed(1),
    Math.round(sumValues(cpuMs, (ms) => ms) / seconds),
  ] as const;
}

function sumSeconds(measured: readonly Measured[]) {
  return sumValues(measured, ({ seconds }) => seconds).toFixed(0);
}

async function measureClips(place: (samples: Int16Array) => readonly Int16Array[]) {
  const measured: Measured[] = [];
  for (const { samples } of clips)
    measured.push(await measureUtterance(joinSamples([...place(samples)])));
  return measured;
}

/** Lets the bot listen for its name in one utterance, which pauses at its end alone. */
async function measureUtterance(samples: Int16Array) {
  const judged = Promise.withResolvers<NameJudgement>();
  let [isJudged, looks] = [false, 0];
  const beganMs = await readCpuMs();
  using listener = ears.listen({
    guildId,
    names: ['Nova'],
    present: [],
    transcription: { hints: ['Nova'] },
    signal: never,
    onPause: () => undefined,
    onJudged: (judgement) => {
      isJudged = true;
      judged.resolve(judgement);
    },
  });
  let seen = look;
  for (let at = 0; at < samples.length; at += frameSamples) {
    listener.push([{ samples: samples.subarray(at, at + frameSamples) }]);
    if (look !== seen) {
      looks++;
      seen = look;
      await look;
      await endOfTurn(); // the listener goes on from its look
    }
  }
  const isEarly = isJudged;
  listener.pause(true);
  const judgement = await judged.promise;
  if (look !== seen) looks++;
  const cpuMs = (await readCpuMs()) - beganMs;
  return { judgement, isEarly, looks, cpuMs, seconds: samples.length / listenRateHz };
}

/** CPU time of the model process, in ms. */
async function readCpuMs() {
  const threads = await readChildThreads(process.pid);
  return sumValues([...threads.values()], (times) => times.cpuMs);
}

async function readFinal(updates: ReturnType<typeof transcriber.transcribe>) {
  for await (const update of updates)
    if (update.kind === 'final') return update.transcript;
  return { text: '' };
}

async function speakName(text: string) {
  const segments = await Array.fromAsync(voice.synthesize(text, {}, never));
  const [piece] = segments;
  if (!piece) throw new Error(`Nothing is heard of "${text}".`);
  const samples = joinSamples(segments.map((segment) => segment.samples));
  return resamplePcm({ ...piece, samples }, listenRateHz).samples;
}
