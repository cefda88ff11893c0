import { listenRateHz, measureRms } from '#src/audio/pcm.ts';
import { noGuild } from '#src/base/ids.ts';
import {
  applyOperatorLanguage,
  type ChosenLanguage,
} from '#src/base/language/expected-language.ts';
import { servedLocally } from '#src/provider/models/standard-models.ts';
import { isListenable } from '#src/speech/listen.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { resolveModelFolder } from './folders.ts';
import { admitJob, maxSegmentMs } from './jobs/admit-job.ts';
import type { LocalModels } from './local-models.ts';
import type { HeardSpeech } from './model-jobs.ts';

/** The model process, and the model to recognise with. */
export type LocalTranscriberOptions = {
  readonly models: LocalModels;
  /** Folder of a Whisper model. Empty for Whisper base. */
  readonly model?: string;
  /** Set by the operator. Absent: detected. */
  readonly language?: ChosenLanguage;
};

/** Whisper writes sounds as `[coughs]`, `(music)` or `*click*`, and may leave the last one open. */
const soundNames = /\([^)]*\)?|\[[^\]]*\]?|\*[^*]*\*?|\u266a[^\u266a]*\u266a?/g;
/** Thresholds for hallucinations, measured by `npm run bench -- ears`. */
const [minLogProbability, minInSilence, maxNoSpeech] = [-1.1, -0.8, 0.6];

/** Opens Whisper in the model process, as a recogniser of whole utterances. Throws BotError `speech.failed`. */
export async function openLocalTranscriber({
  language,
  model = '',
  models,
}: LocalTranscriberOptions): Promise<Transcriber> {
  const folder = resolveModelFolder(model, 'whisper-base-int4');
  await models.loadModel('transcribe', folder);
  return {
    async *transcribe(pcm, signal, options = {}) {
      signal.throwIfAborted();
      const { guildId = noGuild, hints, isLive } = options;
      const recognise = (samples: Int16Array, isSecondTry = false) => {
        const expected = applyOperatorLanguage(options.language, language);
        const work = { samples, hints, isSecondTry, language: expected };
        const urgency = isLive ? 'ears' : 'recording';
        const order = { kind: 'transcribe', folder, work, guildId, urgency } as const;
        return models.runJob(admitJob(order), signal);
      };
      const segments: HeardSpeech[] = [];
      for (const samples of isListenable(pcm) ? cutSound(pcm.samples) : []) {
        const segment = await recognise(samples);
        segments.push(segment.isEndless ? await recognise(samples, true) : segment);
      }
      const text = segments.flatMap((segment) => findWords(segment) ?? []).join(' ');
      const transcript = {
        text,
        language: segments[0]?.language,
        usage: { by: servedLocally },
      };
      yield { kind: 'final', transcript };
    },
  };
}

/**
 * Returns the words of recognised speech, without names of sounds such as `[coughs]`. Undefined for a probable
 * hallucination, and without words.
 */
export function findWords(speech: HeardSpeech): string | undefined {
  const text = speech.text.replace(soundNames, ' ').replace(/\s+/g, ' ').trim();
  if (speech.isEndless || !/[\p{L}\p{N}]/u.test(text)) return undefined;
  const minProbability =
    speech.noSpeechProbability > maxNoSpeech ? minInSilence : minLogProbability;
  return speech.logProbability < minProbability ? undefined : removeRepetition(text);
}

function removeRepetition(text: string) {
  const sentences = text.split(/(?<=[.!?]) /);
  // Whisper sometimes repeats a short sentence.
  return new Set(sentences).size === 1 ? (sentences[0] ?? text) : text;
}

const samplesPerMs = listenRateHz / 1_000;
const maxSegmentSamples = maxSegmentMs * samplesPerMs;
/** Longer sound is cut at the quietest place of the last 5 s: 8.9 % wrong words in recordings of 40 s, of the last 3 s 10.3 %. */
const cutSamples = 5 * listenRateHz;
const quietSamples = listenRateHz / 10;

/** Cuts 16 kHz mono sound into segments of at most `maxSegmentMs`, at quiet places. */
export function* cutSound(samples: Int16Array): Generator<Int16Array> {
  for (let at = 0; at < samples.length; ) {
    const end = findCut(samples, at);
    yield samples.subarray(at, end);
    at = end;
  }
}

function findCut(samples: Int16Array, from: number) {
  if (samples.length - from <= maxSegmentSamples) return samples.length;
  const end = from + maxSegmentSamples;
  let [cut, quietest] = [end, Number.POSITIVE_INFINITY];
  for (let at = end - cutSamples; at < end; at += quietSamples) {
    const level = measureRms(samples.subarray(at, at + quietSamples));
    if (level < quietest) [cut, quietest] = [at + quietSamples / 2, level];
  }
  return cut;
}
