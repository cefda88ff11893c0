import { servedLocally } from '#src/provider/models/standard-models.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { isListenable } from '#src/speech/utterance-sound.ts';
import { resolveModelFolder } from './folders.ts';
import type { LocalModels } from './local-models.ts';
import type { HeardSpeech } from './model-jobs.ts';

export type LocalTranscriberOptions = {
  readonly models: LocalModels;
  /** Path of a folder as `openWhisper` takes it; empty: Whisper base. */
  readonly model?: string;
  /** Spoken language, BCP 47; absent: the model finds it. */
  readonly language?: string;
};

/** Whisper writes sounds as `[coughs]`, `(music)` or `*click*`; the last one of a text may be open. */
const soundNames = /\([^)]*\)?|\[[^\]]*\]?|\*[^*]*\*?|\u266a[^\u266a]*\u266a?/g;
/** Limits of words that are none: `npm run bench -- ears` shows what they keep and drop. */
const [leastLogProbability, leastSilentLogProbability, mostNoSpeech] = [-1, -0.8, 0.6];

/** Whisper without any server. Errors: BotError `speech.failed` where the model cannot be loaded. */
export async function openLocalTranscriber({
  language,
  model = '',
  models,
}: LocalTranscriberOptions): Promise<Transcriber> {
  const folder = resolveModelFolder(model, 'whisper-base-int4');
  await models.load('transcribe', folder);
  return {
    async *transcribe(pcm, signal, asked = {}) {
      signal.throwIfAborted();
      const job = { samples: pcm.samples, language: asked.language ?? language };
      const heard: HeardSpeech[] = [];
      if (isListenable(pcm)) {
        for await (const part of models.run('transcribe', folder, job, signal)) heard.push(part);
      }
      const text = heard.flatMap((part) => findWords(part) ?? []).join(' ');
      const transcript = { text, language: heard[0]?.language, usage: { by: servedLocally } };
      yield { kind: 'final', transcript };
    },
  };
}

/** The words of speech, without names of sounds. Undefined where there was probably none: Whisper makes words of noise. */
export function findWords(heard: HeardSpeech): string | undefined {
  const { isEndless, logProbability, noSpeechProbability } = heard;
  if (isEndless || logProbability < leastLogProbability) return undefined;
  if (noSpeechProbability > mostNoSpeech && logProbability < leastSilentLogProbability)
    return undefined;
  const text = heard.text.replace(soundNames, ' ').replace(/\s+/g, ' ').trim();
  return /[\p{L}\p{N}]/u.test(text) ? text : undefined;
}
