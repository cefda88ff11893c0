import { BotError } from '#src/base/errors.ts';
import { fieldsOf } from '#src/base/json.ts';
import { languageTagOf } from '#src/base/language-name.ts';
import { heardCount } from '#src/speech/fallbacks/metered-voice.ts';
import type { TranscribedWord, Transcript } from '#src/speech/ports.ts';

/** Details of the words of a transcript from the server, beside their text. */
type WordDetails = Pick<Transcript, 'confidence' | 'words'>;

/** Limit of words in one utterance: of a longer list none are used. */
const mostWords = 2_000;
const longestWord = 100;
/** Latest time of a word, in s, longer than any utterance. */
const latestSeconds = 600;

/**
 * Times and confidence of words, from the shapes of servers: `words` and `segments[].avg_logprob` of verbose_json,
 * `logprobs` of json and of the last event of a stream. Invalid values are left out.
 * No further request is made for them.
 */
function wordDetails(reply: unknown): WordDetails {
  const { words, segments, logprobs } = fieldsOf(reply);
  const read = wordsOf(words);
  const confidence = confidenceOf(logprobs, 'logprob') ?? confidenceOf(segments, 'avg_logprob');
  return { words: read, confidence };
}

/** All or none: a word that cannot be makes the others doubtful. */
function wordsOf(words: unknown): readonly TranscribedWord[] | undefined {
  if (!Array.isArray(words) || words.length === 0 || words.length > mostWords) return undefined;
  const read: TranscribedWord[] = [];
  for (const one of words) {
    const word = wordOf(one);
    if (!word || word.startMs < (read.at(-1)?.startMs ?? 0)) return undefined;
    read.push(word);
  }
  return read;
}

function wordOf(value: unknown): TranscribedWord | undefined {
  const { word, start, end } = fieldsOf(value);
  const text = typeof word === 'string' ? word.trim() : '';
  const isTimed = isWithin(start, 0, latestSeconds) && isWithin(end, start, latestSeconds);
  if (text === '' || text.length > longestWord || !isTimed) return undefined;
  return { text, startMs: Math.round(start * 1_000), endMs: Math.round(end * 1_000) };
}

/** Mean of the chances of all parts; undefined if one of them cannot be. */
function confidenceOf(parts: unknown, name: 'logprob' | 'avg_logprob'): number | undefined {
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > mostWords) return undefined;
  let sum = 0;
  for (const part of parts) {
    const logprob = fieldsOf(part)[name];
    if (!isWithin(logprob, Number.MIN_SAFE_INTEGER, 0)) return undefined;
    sum += logprob;
  }
  return Math.exp(sum / parts.length);
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

/** `{text}`, JSON in a string, or the bare text: servers send all three for any response format. */
export function transcriptOf(reply: unknown, asked: string | undefined): Transcript {
  const answer = typeof reply === 'string' ? jsonOr(reply) : reply;
  if (typeof answer === 'string' && answer !== '') {
    return { text: answer.trim(), ...(asked && { language: asked }) };
  }
  const { text, language, languages, usage } = (answer || {}) as Readonly<Record<string, unknown>>;
  if (typeof text !== 'string') throw new BotError('provider.empty', true, noText);
  const [first] = Array.isArray(languages) ? languages : [];
  const codes: unknown[] = [language, first?.code, asked];
  const languageTags = codes.flatMap((code) =>
    typeof code === 'string' ? (languageTagOf(code) ?? []) : [],
  )[0];
  const count = heardCount(usage);
  return {
    text: text.trim(),
    language: languageTags,
    ...wordDetails(answer),
    usage: count && { count },
  };
}

const noText = 'The transcription server answered without text: check the base URL and the model.';
const cutOff = 'The transcription server sent JSON that is cut off.';

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (/^\s*\{/.test(text)) throw new BotError('provider.truncated', true, cutOff);
    return text;
  }
}
