import { BotError } from '#src/base/errors.ts';
import type { Refusal } from '#src/provider/models/refusal.ts';
import {
  containsWord,
  type RefusedPart,
} from '#src/provider/negotiation/negotiation.ts';
import {
  isSent,
  type RequestForms,
  type RequestPart,
} from '#src/provider/negotiation/server-knowledge.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';

/**
 * OpenAI takes 4,096: https://developers.openai.com/api/reference/resources/audio/subresources/speech/methods/create
 */
export const maxInputChars = 4_000;
/** A server that takes fewer is none for speech. */
const minInputChars = 25;

export const inputName = 'input characters';
export const formatName = 'response_format';

/** What a speech server is asked for, besides the words. */
export type SpeechWishes = {
  readonly voice: SpeechVoice;
  readonly format: string;
  readonly hasInstructions: boolean;
  /** Formats that can be read. */
  readonly readableFormats: readonly string[];
  readonly mayAskForStream: boolean;
};

/** Forms that refusals have offered, and by which nobody knew to ask. */
export type OfferedForms = Readonly<Record<'format' | 'input', ReadonlySet<string>>>;

/** Lists the parts of a speech request, those that the bot adds by itself first. */
export function listSpeechParts(
  wishes: SpeechWishes,
  offered: OfferedForms,
): readonly RequestPart[] {
  const { format, hasInstructions, mayAskForStream, readableFormats, voice } = wishes;
  // A pace of 1 is that of every voice.
  const speed = (voice.speed ?? 1) === 1 ? undefined : `${voice.speed}`;
  const formats = new Set([
    format,
    ...['pcm', 'wav', 'mp3'].filter((name) => readableFormats.includes(name)),
  ]);
  return [
    ...(mayAskForStream ? [createStreamPart(speed)] : []),
    ...(hasInstructions ? [instructionsPart] : []),
    ...(speed === undefined ? [] : [createSpeedPart(speed)]),
    {
      name: formatName,
      forms: [...formats],
      offered: [...offered.format],
      namedBy:
        /response_?format|\b(?:audio|output|sound)[ _-]?(?:format|encoding)|\bformats?\b/i,
      givenUp: 'last',
      setting: 'SPEECH_FORMAT',
    },
    {
      name: inputName,
      forms: inputForms,
      offered: [...offered.input],
      namedBy: /(?!)/,
      givenUp: 'never',
    },
  ];
}

const inputForms: readonly string[] = [4_000, 2_000, 1_000, 500, 250, 125, 60].map(
  String,
);

/** Some servers stream at the usual pace alone. */
function createStreamPart(speed: string | undefined): RequestPart {
  return {
    name: 'stream',
    forms: ['asked', ''],
    namedBy: /\bstream(?:ing|ed|s|_format)?\b/i,
    within: 'speed',
    givenUp: 'first',
    ...(speed !== undefined && { circumstance: `speed ${speed}` }),
  };
}

function createSpeedPart(speed: string): RequestPart {
  return {
    name: 'speed',
    forms: [speed, ''],
    namedBy: /\bspeed\b|\bspeaking_?rate\b|\btempo\b/i,
    circumstance: `speed ${speed}`,
    givenUp: 'last',
  };
}

const instructionsPart: RequestPart = {
  name: 'instructions',
  forms: ['sent', ''],
  namedBy: /\binstructions?\b/i,
  givenUp: 'last',
};

/** A failed try: what the server stated, and what it was asked for. */
export type SpeechFailure = {
  readonly cause: unknown;
  readonly refusal: Refusal;
  readonly forms: RequestForms;
  /** Characters of the longest text that was sent. */
  readonly sentChars: number;
  readonly wishes: SpeechWishes;
};

/** Finds the part to blame where a refusal says it in words of its own, or the answer cannot be read. */
export function findRefusedSpeechParts(
  failure: SpeechFailure,
): readonly RefusedPart[] | undefined {
  const { cause, refusal } = failure;
  const isAboutLength = refusal.kind === 'request' && lengthWords.test(refusal.text);
  if (refusal.kind === 'too long' || isAboutLength)
    return [{ name: inputName, form: findInputForm(failure) }];
  if (isAboutFormat(failure)) {
    const form = findOfferedFormat(failure);
    if (form !== undefined || !isAboutStream(failure))
      return [{ name: formatName, form }];
  }
  return cause instanceof BotError ? findUnreadablePart(cause, failure) : undefined;
}

const lengthWords =
  /\b(?:max(?:imum)?|at most|limit|up to|exceed(?:s|ed)?|(?:longer|shorter|less|more) than)\b.{0,60}\b(?:char(?:acter)?s?|length)\b|max_(?:length|char(?:acter)?s)|too long|too_long/i;

/** Sound that is too short is a failure of the moment. */
const momentaryCodes: readonly string[] = ['provider.empty', 'provider.truncated'];
const unreadableCodes: readonly string[] = ['provider.wrong_type', 'audio.bad_wav'];

function findUnreadablePart(
  cause: BotError,
  { forms, refusal, wishes }: SpeechFailure,
) {
  if (momentaryCodes.includes(cause.code) || /a web page/.test(cause.message))
    throw cause;
  if (!unreadableCodes.includes(cause.code)) return undefined;
  const part = isSent(forms, 'stream') ? 'stream' : formatName;
  if (part === formatName && !hasFurtherFormat(forms, wishes)) throw cause;
  // A text may be an error of the moment, which teaches nothing.
  const isStated = refusal.text !== '';
  if (isStated && /stream|format|speed|instruction/i.test(refusal.text))
    return undefined;
  return [{ name: part, ...(isStated && { isOnce: true as const }) }];
}

function hasFurtherFormat(forms: RequestForms, { readableFormats }: SpeechWishes) {
  return (
    forms.get(formatName) !==
    ['pcm', 'wav', 'mp3'].findLast((name) => readableFormats.includes(name))
  );
}

const numberOfChars = /\d[\d,_]*/g;

/** Finds the length that a refusal states, else half of what was sent. */
function findInputForm({ refusal, sentChars }: SpeechFailure): string {
  const numbers = (refusal.text.match(numberOfChars) ?? [])
    .map((digits) => Number(digits.replace(/\D/g, '')))
    .filter((number) => number >= minInputChars && number < sentChars);
  return `${numbers.length > 0 ? Math.max(...numbers) : Math.max(minInputChars, Math.floor(sentChars / 2))}`;
}

/** Formats by how well they stream and sound. */
const formatStarts = [
  'wav',
  'pcm',
  'raw',
  'linear',
  'l16',
  's16',
  'mp3',
  'flac',
  'opus',
  'ogg',
];
const rawStarts = ['wav', 'pcm', 'raw', 'linear', 'l16', 's16'];

/** Whether a refusal names formats, or the one that was asked for: "KeyError: pcm". */
function isAboutFormat({ forms, refusal, wishes }: SpeechFailure) {
  if (refusal.kind !== 'request' || !hasFurtherFormat(forms, wishes)) return false;
  const words = `${refusal.text} ${refusal.params.join(' ')}`;
  const current = forms.get(formatName) ?? '';
  return (
    /format|encoding|codec/i.test(words) ||
    (current !== '' && containsWord(words, current))
  );
}

function isAboutStream({ forms, refusal }: SpeechFailure) {
  return isSent(forms, 'stream') && /stream/i.test(refusal.text);
}

/** Finds a readable format in a refusal: "must be one of [wav]", "pcm_24000". */
function findOfferedFormat({ forms, refusal, wishes }: SpeechFailure) {
  const current = forms.get(formatName);
  const words = (refusal.text.match(/[\w.-]+/g) ?? [])
    .map((word) => word.replace(/(?<!\.)\.+$/, ''))
    .filter((word) => word !== current);
  const starts = wishes.readableFormats.includes('mp3') ? formatStarts : rawStarts;
  return starts
    .map((start) => words.find((word) => startsWithName(word.toLowerCase(), start)))
    .find((word) => word !== undefined);
}

/** `pcm_24000` and `mp3` begin with the name of a format, `pcmu` does not. */
function startsWithName(word: string, name: string) {
  return word.startsWith(name) && !/[a-z]/.test(word.charAt(name.length));
}
