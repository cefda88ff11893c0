import type { Transcriber, TranscriptionOptions } from './speech-engine.ts';

/** The language of an utterance, in the field that a model reads. */
export type LanguageHint = {
  readonly language?: string;
  readonly languages?: string[];
};

/**
 * Creates the field that tells a model the language (BCP 47): a list for gpt-transcribe and gpt-live-transcribe, else
 * one language. Empty without a language.
 */
export function createLanguageHint(
  model: string,
  language: string | undefined,
): LanguageHint {
  if (!language) return {};
  return /^gpt-(live-)?transcribe/.test(model)
    ? { languages: [language] }
    : { language };
}

/** A Whisper model reads 224 tokens of its prompt. */
const [maxHints, maxHintListChars, maxHintChars] = [100, 600, 40];

/**
 * Turns likely words into hints: a line of letters, digits and joining marks each, without doubles.
 *
 * People choose their names, and one keyword with a bracket or a line break fails a whole request:
 * https://developers.openai.com/api/reference/resources/audio/subresources/transcriptions/methods/create
 *
 * @example
 * import { normaliseHints } from '#src/speech/hints.ts';
 *
 * normaliseHints(['Nova', 'nova', 'Ben <3', '\u{1f600}']); // ['Nova', 'Ben 3']
 */
export function normaliseHints(likelyWords: Iterable<string>): readonly string[] {
  const hints = new Map<string, string>();
  let chars = 0;
  for (const word of likelyWords) {
    const hint = normaliseHint(word);
    const key = hint?.toLowerCase() ?? '';
    if (hint === undefined || hints.has(key)) continue;
    chars += hint.length + 2;
    if (hints.size >= maxHints || chars > maxHintListChars) break;
    hints.set(key, hint);
  }
  return [...hints.values()];
}

function normaliseHint(word: string) {
  const plain = word
    .slice(0, 4 * maxHintChars)
    .normalize('NFKC')
    .replace(/[^\p{L}\p{M}\p{N}'\u2019.-]+/gu, ' ')
    .replace(/\p{M}{4,}/gu, '')
    .trim();
  const hint = [...plain].slice(0, maxHintChars).join('').trim();
  return /\p{L}/u.test(hint) ? hint : undefined;
}

type HintFields = {
  readonly keywords?: string[];
  readonly prompt?: string;
  readonly hotwords?: string;
};

/**
 * Creates the fields that tell a model the hints: `keywords` for gpt-transcribe, `hotwords` for faster-whisper, else
 * `prompt`.
 */
export function createHintFields(
  model: string,
  isOpenAi: boolean,
  hints: readonly string[],
): HintFields {
  if (hints.length === 0) return {};
  const isFasterWhisper = !isOpenAi && /faster|ct2/i.test(model);
  return isFasterWhisper
    ? { hotwords: hints.join(', ') }
    : createRealtimeHints(model, hints);
}

/** Creates the fields of a Realtime session that tell a model the hints. An empty list removes earlier hints. */
export function createRealtimeHints(
  model: string,
  hints: readonly string[],
): HintFields {
  if (/^gpt-(live-)?transcribe/.test(model)) return { keywords: [...hints] };
  return { prompt: hints.length === 0 ? '' : `${hints.join(', ')}.` };
}

/** Collects the names of the bot, then in turn the words of the server and the names of people who may be heard. */
export function collectHints(
  botNames: readonly string[],
  serverWords: readonly string[],
  peopleNames: readonly string[],
): readonly string[] {
  return normaliseHints([...botNames, ...interleaveWords(serverWords, peopleNames)]);
}

function interleaveWords(
  serverWords: readonly string[],
  peopleNames: readonly string[],
) {
  const length = Math.max(serverWords.length, peopleNames.length);
  const pairs = Array.from({ length }, (_, n) => [serverWords[n], peopleNames[n]]);
  return pairs.flat().filter((word) => word !== undefined);
}

/** Wraps a recogniser so that these options apply, unless a request has options of its own. */
export function withTranscriptionOptions(
  transcriber: Transcriber,
  usualOptions: TranscriptionOptions,
): Transcriber {
  const { listen } = transcriber;
  return {
    transcribe: (pcm, signal, options) =>
      transcriber.transcribe(pcm, signal, { ...usualOptions, ...options }),
    listen:
      listen &&
      ((onPartial, signal, options) =>
        listen.call(transcriber, onPartial, signal, { ...usualOptions, ...options })),
  };
}
