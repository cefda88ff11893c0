import { BotError } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord, tryParseJson } from '#src/base/json.ts';
import { toBaseLanguage } from '#src/base/language/expected-language.ts';
import { findLanguageTag } from '#src/base/language-name.ts';
import {
  findAnswerRefusal,
  parseEvents,
  readEvents,
} from '#src/provider/event-stream.ts';
import { toPlainLine } from '#src/provider/models/error-text.ts';
import { toHeardUsage } from '#src/speech/fallbacks/speech-chains.ts';
import { collectWords, unwrapJsonText } from '#src/speech/recogniser-json.ts';
import type {
  TranscribedWord,
  Transcript,
  TranscriptUpdate,
} from '#src/speech/speech-engine.ts';
import {
  isLongEnough,
  isSure,
  listWords,
  type TextLanguageDetector,
} from '#src/speech/text-language/spoken-form.ts';

const maxWords = 2_000;
const maxWordChars = 100;
/** Longer than any utterance. */
const maxWordSeconds = 600;

function parseWords(list: unknown) {
  if (!Array.isArray(list) || list.length === 0 || list.length > maxWords)
    return undefined;
  const timedWords: TranscribedWord[] = [];
  for (const entry of list) {
    const taggedText = toNonEmptyText(toRecord(entry).word) ?? '';
    const { text } = parseTags(taggedText);
    if (text === '' && taggedText.trim() !== '') continue; // The word is a tag.
    const word = parseWord(text, entry);
    // One impossible word makes all others doubtful.
    if (!word || word.startMs < (timedWords.at(-1)?.startMs ?? 0)) return undefined;
    timedWords.push(word);
  }
  return timedWords;
}

function parseWord(text: string, value: unknown) {
  const { start, end } = toRecord(value);
  const isTimed =
    isNumberWithin(start, 0, maxWordSeconds) &&
    isNumberWithin(end, start, maxWordSeconds);
  if (text === '' || text.length > maxWordChars || !isTimed) return undefined;
  return { text, startMs: Math.round(start * 1_000), endMs: Math.round(end * 1_000) };
}

function isNumberWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max;
}

/**
 * Reads a transcript from `{text}`, JSON in a string, events in a text, or bare text: servers send all four for any
 * format.
 *
 * @example
 * import { toTranscript } from '#src/speech/openai/transcript-reply.ts';
 *
 * const { text, language } = toTranscript('{"text": " Hallo! ", "language": "german"}', undefined);
 * [text, language]; // ['Hallo!', 'de']
 */
export function toTranscript(
  reply: unknown,
  askedLanguage: string | undefined,
): Transcript {
  const answer = typeof reply === 'string' ? parseJsonOrText(reply) : reply;
  if (typeof answer === 'string' && answer !== '')
    return toTranscript({ text: answer }, askedLanguage);
  const { language, languages, usage, words: timedWords } = toRecord(answer);
  const text = readText(answer);
  if (text !== undefined && eventsStart.test(text))
    return toTranscript(joinEvents(text), askedLanguage);
  if (text === undefined)
    throw (
      findAnswerRefusal(answer) ?? new BotError('provider.empty', true, noTextMessage)
    );
  const [firstLanguage] = Array.isArray(languages) ? languages : [];
  const untagged = parseTags(text);
  const codes = [language, firstLanguage?.code, untagged.language, askedLanguage];
  const languageNames = codes.flatMap((code) => toNonEmptyText(code) ?? []);
  const [languageTag] = languageNames.flatMap((name) => findLanguageTag(name) ?? []);
  const count = toHeardUsage(usage);
  return {
    text: untagged.text,
    language: languageTag,
    words: parseWords(timedWords),
    usage: count && { count },
  };
}

/** Returns the words of an answer: its `text`, or the words of its segments. */
function readText(answer: unknown): string | undefined {
  if (Array.isArray(answer)) return collectWords(answer);
  const { segments, text } = toRecord(answer);
  if (typeof text === 'string') return text;
  if (typeof text === 'number' || typeof text === 'boolean') return `${text}`;
  const words = [text, segments].map(collectWords).find((part) => part !== '') ?? '';
  // A list of no segments is silence, and no text is a fault.
  return words === '' && !Array.isArray(segments) ? undefined : words;
}

const eventsStart = /^\s*(data|event):/;

function joinEvents(text: string) {
  let lastEvent: unknown;
  let joinedText = '';
  try {
    // LiteLLM 1.108.7 answers like this if a stream was asked for.
    for (const value of parseEvents(text)) {
      const { delta, type, ...event } = toRecord(value);
      if (type === 'transcript.text.done') lastEvent = event;
      if (typeof delta === 'string') joinedText += delta;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // The words before the cut count.
  }
  return lastEvent ?? { text: joinedText === '' ? undefined : joinedText };
}

const noTextMessage =
  'The transcription server answered without text: check the base URL and the model.';
const cutOffMessage = 'The transcription server sent JSON that is cut off.';

function parseJsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (/^\s*\{/.test(text))
      throw new BotError('provider.truncated', true, cutOffMessage);
    return text;
  }
}

/**
 * Yields words as they arrive. An answer that is no stream is read as a whole, and `onWhole` is called.
 *
 * Throws BotError `provider.truncated` for a stream without its last event, or `provider.empty`.
 */
export async function* readTranscript(
  response: Response,
  askedLanguage: string | undefined,
  onWhole: () => void,
  reading: TranscriptReading = {},
): AsyncGenerator<TranscriptUpdate> {
  const events = await openEvents(response);
  if ('text' in events) {
    checkBareText(events.text, reading);
    onWhole();
    yield { kind: 'final', transcript: toTranscript(events.text, askedLanguage) };
    return;
  }
  const reader = events;
  let text = '';
  let isRead = false;
  try {
    for (let step = await reader.next(); !step.done; step = await reader.next()) {
      const event = toRecord(step.value);
      if (event.type === 'transcript.text.done') {
        isRead = true;
        void readToEnd(reader);
        yield { kind: 'final', transcript: readLastEvent(event, text, askedLanguage) };
        return;
      }
      const { delta, type } = event;
      if (type !== 'transcript.text.delta' || typeof delta !== 'string') continue;
      text += delta;
      const partial = parseTags(text, true).text;
      if (delta !== '' && partial !== '') yield { kind: 'partial', text: partial };
    }
    isRead = true;
  } finally {
    if (!isRead) await reader.return(undefined);
  }
  throw new BotError('provider.truncated', true, missingEndMessage);
}

/** Reads the last event. One without a text means the words before. */
function readLastEvent(
  event: Readonly<Record<string, unknown>>,
  textBefore: string,
  askedLanguage?: string,
) {
  const isWhole = toNonEmptyText(event.text) !== undefined || textBefore === '';
  const whole = isWhole ? event : { ...event, text: textBefore };
  return toTranscript(whole, askedLanguage);
}

const missingEndMessage =
  'The transcription server ended a stream of words without its last event.';

async function openEvents(response: Response) {
  if (/event-stream/.test(response.headers.get('content-type') ?? ''))
    return readEvents(response);
  const text = await response.text();
  return eventsStart.test(text) ? readEvents(new Response(text)) : { text };
}

/** Reads the events after the last words. Never throws. */
async function readToEnd(reader: AsyncIterator<unknown>) {
  try {
    // Node uses a connection again only if its answer was read to the end.
    while (!(await reader.next()).done);
  } catch {
    // The words are complete.
  }
}

/** How a bare text is understood. */
export type TranscriptReading = {
  /** The server was found to send transcripts as bare text. Default: such a text is an error of the server. */
  readonly takesPlainText?: boolean | undefined;
};

const maxErrorChars = 120;
const message =
  'The transcription server answered with a bare text, which may be an error.';
const remedy =
  'run the doctor: if that server answers so, it advises TRANSCRIPTION_PLAIN_TEXT=true';

/**
 * Returns an answer that is JSON or events, or a bare text from a server that was found to send its transcripts so. JSON
 * was asked for, and "Internal Server Error" is nobody's words. Throws BotError `provider.wrong_type`.
 */
export function checkBareText<Reply>(
  reply: Reply,
  { takesPlainText = false }: TranscriptReading,
): Reply {
  if (takesPlainText || typeof reply !== 'string' || !isBare(reply)) return reply;
  const serverMessage = toPlainLine(reply, undefined, maxErrorChars);
  throw new BotError('provider.wrong_type', false, message, undefined, undefined, {
    serverMessage,
    remedy,
  });
}

function isBare(text: string) {
  const isCutJson = /^\s*(?:[{]|$)/.test(text);
  const isEvents = /^\s*(?:data|event):/.test(text);
  return !isCutJson && !isEvents && tryParseJson(text) === undefined;
}

/** A server that demands a language gets this one where nothing is known of the speaker. */
const lastGuess = 'en';
/** A model that does not know the words writes one word at least so many times. */
const minRepetitions = 4;

/** A transcript, and how its text fits the guessed language that the server was told. */
export type Look = {
  readonly transcript: Transcript;
  readonly language: string;
  /** `fits` also for a text that is too short to tell. */
  readonly verdict: 'fits' | 'other' | 'no words';
  /** Language (ISO 639-1) that the text surely has. */
  readonly textLanguage?: string | undefined;
};

/** Chooses the language that a server is told which takes no request without one. */
export function chooseGuess(likely: readonly string[]): string {
  return toBaseLanguage(likely[0] ?? lastGuess);
}

/** Judges whether words are likely in the language that their recogniser was told as a guess. Never rejects. */
export async function judgeLook(
  transcript: Transcript,
  language: string,
  detector: TextLanguageDetector,
): Promise<Look> {
  const { text } = transcript;
  const look = { transcript, language };
  if (!/[\p{L}\p{N}]/u.test(text) || isRepetition(listWords(text)))
    return { ...look, verdict: 'no words' };
  const detected = await detector.detect(text, []);
  const isOther =
    detected !== undefined &&
    isLongEnough(text, detected) &&
    isSure(detected) &&
    detected.language !== language;
  return {
    ...look,
    verdict: isOther ? 'other' : 'fits',
    textLanguage: detected?.language,
  };
}

/** Chooses the language of a second request. Undefined: the first look is good, or there is no other guess. */
export function chooseSecondGuess(
  { language, textLanguage, verdict }: Look,
  likely: readonly string[],
): string | undefined {
  if (verdict === 'fits') return undefined;
  if (verdict === 'other') return textLanguage;
  return [...likely, lastGuess]
    .map(toBaseLanguage)
    .find((candidate) => candidate !== language);
}

/** Chooses the better of two looks. The first counts unless the second fits. */
export function chooseLook(first: Look, second: Look): Transcript {
  return second.verdict === 'fits' ? second.transcript : first.transcript;
}

/** Returns whether a text is one word again and again, as models write of words that they do not know. */
function isRepetition(words: readonly string[]) {
  return words.length >= minRepetitions && new Set(words).size === 1;
}

/** A text without tags. `language` is BCP 47 or an English name, and absent if no tag named one. */
type UntaggedText = { readonly text: string; readonly language?: string };

/** Shapes of the tags that recognisers write beside the words. The first that names a language counts. */
const tagPatterns: readonly RegExp[] = [
  // Qwen3-ASR: "language English<asr_text>", and "language None" for silence.
  /^\s*language\s+(?<language>\p{Lu}\p{L}*)\s*<asr_text>/gu,
  // Voxtral.
  /^\s*lang:(?<language>[a-z]{2})\s*(?:\[TRANSCRIBE\])?/g,
  // SenseVoice, Whisper, Canary, Nemotron and Parakeet: <|en|>, <en-US>.
  /<(?:[|\uff5c](?<language>[a-z]{2,3}(?:-[A-Z]{2})?)[|\uff5c]|(?<language>[a-z]{2}(?:-[A-Z]{2})?))>/g,
  // whisper.cpp.
  /\[_LANG_(?<language>[a-z]{2,3})\]/g,
  // Moods, noises, tasks, times, tokens: anything in such brackets.
  /<\/?[\p{L}|\uff5c][^<>\n]{0,60}>|\u2047/gu,
  /\[[\p{L}_][^[\]\n]{0,60}\]|\[[\d:.,\s]{3,16}-->[^[\]\n]{0,20}\]/gu,
  // Round brackets hold sounds, and what people say as well.
  /\((?:[\p{L} ]{0,30} )?(?:blank[_ ]audio|no[_ ]speech|silence|music|noises?|sounds?|applause|laughter|laugh(?:s|ing)|inaudible|unintelligible|cough(?:s|ing)|sigh(?:s|ing)|playing|foreign language)\)/giu,
  /\*[\p{L}_ ]{1,40}\*/gu,
  // SenseVoice after its own postprocessing.
  /[\u266a-\u266c]|(?![\u00a9\u00ae\u2122])\p{Extended_Pictographic}\ufe0f?/gu,
];

const unfinishedTag =
  /[[(*][\p{L}_\d :.,>'-]{0,62}$|(?:^\s*(?:language(?:\s+\p{L}+)?|lang:?[a-z]{0,2})\s*)?(?:<[^<>]{0,62})?$/iu;
const languageTagStart = /^\s*(?:l|la|lan|lang|langu|langua|languag)$/;

/**
 * Removes the tags that a recogniser wrote beside the words, and the JSON around them. With `goesOn`, more text
 * follows, and an end that may become a tag is left out.
 *
 * @example
 * import { parseTags } from '#src/speech/openai/transcript-reply.ts';
 *
 * parseTags('<|de|><|HAPPY|>Hallo!'); // { text: 'Hallo!', language: 'de' }
 */
export function parseTags(tagged: string, goesOn: boolean = false): UntaggedText {
  let language: string | undefined;
  let text = tagged;
  for (const tag of tagPatterns) {
    language ??= [...text.matchAll(tag)][0]?.groups?.language;
    text = text.replace(tag, '');
  }
  if (/[[{]|^\s*"/.test(text)) text = unwrapJsonText(text, goesOn);
  if (goesOn) text = text.replace(unfinishedTag, '').replace(languageTagStart, '');
  return { text: text.replace(/\s{2,}/g, ' ').trim(), language };
}
