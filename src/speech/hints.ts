import { isOpenAi } from '#src/provider/models/models.ts';
import type { Transcriber, TranscriptionOptions } from './ports.ts';

/** gpt-transcribe and its live kin take a list and refuse the single field; everything else knows only the field. */
export function languageHint(model: string, language: string | undefined) {
  if (!language) return {};
  return /^gpt-(live-)?transcribe/.test(model) ? { languages: [language] } : { language };
}

/** Language of a BCP 47 tag without region and script, as recognisers take it: `pt` of `pt-BR`. */
export function baseLanguage(tag: string): string {
  return tag.toLowerCase().split('-', 1)[0] ?? tag;
}

/** Hints that one request takes, and characters of all of them together: a Whisper model reads 224 tokens of its prompt. */
const [mostHints, mostChars, mostHintChars] = [100, 600, 40];

/**
 * Likely words in a form that recognisers accept: each one line of letters, digits and the marks that join them, without
 * doubles, the first ones first. Names are chosen by people, so all other characters are removed: one keyword with a
 * bracket or a line break fails a whole request (OpenAI docs, "Transcription", `keywords`).
 */
export function hintsOf(words: Iterable<string>): readonly string[] {
  const hints = new Map<string, string>();
  let chars = 0;
  for (const word of words) {
    const hint = hintOf(word);
    const key = hint?.toLowerCase() ?? '';
    if (hint === undefined || hints.has(key)) continue;
    chars += hint.length + 2;
    if (hints.size >= mostHints || chars > mostChars) break;
    hints.set(key, hint);
  }
  return [...hints.values()];
}

function hintOf(word: string): string | undefined {
  const plain = word
    .slice(0, 4 * mostHintChars)
    .normalize('NFKC')
    .replace(/[^\p{L}\p{M}\p{N}'\u2019.-]+/gu, ' ')
    .replace(/\p{M}{4,}/gu, '')
    .trim();
  const hint = [...plain].slice(0, mostHintChars).join('').trim();
  return /\p{L}/u.test(hint) ? hint : undefined;
}

type HintFields = {
  readonly keywords?: string[];
  readonly prompt?: string;
  readonly hotwords?: string;
};

/** Hints in the field that this model takes: `keywords` of gpt-transcribe, `hotwords` of faster-whisper, else `prompt`. */
export function hintFields(model: string, baseUrl: string, hints: readonly string[]): HintFields {
  if (hints.length === 0) return {};
  const isFasterWhisper = !isOpenAi(baseUrl) && /faster|ct2/i.test(model);
  return isFasterWhisper ? { hotwords: hints.join(', ') } : realtimeHints(model, hints);
}

/** Fields for hints over a Realtime connection, which has no `hotwords`; without hints those before are removed. */
export function realtimeHints(model: string, hints: readonly string[]): HintFields {
  if (/^gpt-(live-)?transcribe/.test(model)) return { keywords: [...hints] };
  return { prompt: hints.length === 0 ? '' : `${hints.join(', ')}.` };
}

/**
 * Words that a recogniser is given to expect: the names of the bot, the words of the server, and the names of the people there
 * who may be heard. Words and names alternate, as a recogniser accepts a limited number of them.
 */
export function recognitionHints(
  botNames: readonly string[],
  words: readonly string[],
  people: readonly string[],
): readonly string[] {
  return hintsOf([...botNames, ...inTurns(words, people)]);
}

function inTurns(some: readonly string[], others: readonly string[]): readonly string[] {
  const length = Math.max(some.length, others.length);
  const pairs = Array.from({ length }, (_, n) => [some[n], others[n]]);
  return pairs.flat().filter((one) => one !== undefined);
}

/** The recogniser, asked so each time. */
export function asking(transcriber: Transcriber, asked: TranscriptionOptions): Transcriber {
  const { listen } = transcriber;
  return {
    transcribe: (pcm, signal, more) => transcriber.transcribe(pcm, signal, { ...asked, ...more }),
    listen:
      listen &&
      ((onPartial, signal, more) =>
        listen.call(transcriber, onPartial, signal, { ...asked, ...more })),
  };
}
