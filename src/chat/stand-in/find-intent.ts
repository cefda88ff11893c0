import { measureEditDistance } from '#src/base/edit-distance.ts';
import { parseTimePhrase, type TimeContext } from '#src/chat/text/time-phrases.ts';
import type { Locale } from '#src/texts/texts.ts';
import { takeDuration, timeSlot } from './durations.ts';
import { calculateSum, type SumResult } from './sums.ts';
import {
  foldText,
  getWordings,
  type Intent,
  listLanguages,
  toWholeWords,
  type Wordings,
} from './wordings.ts';

/** The intent of a request, and the language of its wording. */
export type FoundIntent = { readonly locale: Locale } & (
  | { readonly intent: 'sum'; readonly result: SumResult }
  | {
      readonly intent: Intent;
      /** A time as an English phrase. */
      readonly when?: string | undefined;
      readonly text?: string | undefined;
      readonly sound?: string | undefined;
    }
);

/** Where and when a request is read. */
export type RequestContext = TimeContext & {
  readonly botName: string;
  /** The language that is expected. */
  readonly locale: Locale;
};

/** Of wordings with an effect, a request may differ by so much of its length. */
const maxEffectDistance = 0.2;
/** A timer differs from its wordings by less, as they have many. */
const maxTimerDistance = 0.1;
/** Wordings whose answer changes nothing. */
const harmless: ReadonlySet<Intent> = new Set([
  'time',
  'date',
  'coin',
  'count',
  'hello',
  'howAreYou',
  'joke',
  'help',
  'thanks',
  'bye',
]);

/**
 * Finds what a request asks for by its wording, in seven languages. Undefined for anything that is not known.
 *
 * An exact wording counts in any language, a similar one in the expected language and English.
 *
 * @example
 * import { findIntent } from '#src/chat/stand-in/find-intent.ts';
 *
 * const context = { nowWallMs: 0, timeZone: 'UTC', botName: 'Nova', locale: 'en' } as const;
 * findIntent('Nova, cu\u00e9ntame un chiste, por favor.', context)?.intent; // 'joke'
 */
export function findIntent(
  request: string,
  context: RequestContext,
): FoundIntent | undefined {
  const languages = listLanguages(context.locale);
  const requests = languages.map((locale) => readRequest(request, locale, context));
  const likely = requests.slice(0, languages[0] === 'en' ? 1 : 2);
  return (
    findFirst(requests, findSum) ??
    findFirst(requests, findExact) ??
    findFirst(requests, (read) => findTimed(read, context)) ??
    findFirst(requests, findKnownSound) ??
    findFirst(likely, findSimilar) ??
    findFirst(requests, findAnySound)
  );
}

function findFirst(
  requests: readonly ReadRequest[],
  find: (request: ReadRequest) => FoundIntent | undefined,
) {
  for (const request of requests) {
    const found = find(request);
    if (found) return found;
  }
  return undefined;
}

/** A request as one language reads it. */
type ReadRequest = {
  readonly wordings: Wordings;
  /** Without the name of the bot. */
  readonly raw: string;
  readonly whole: string;
  /** Without fillers. */
  readonly plain: string;
};

const maxRequestChars = 300;

function readRequest(
  request: string,
  locale: Locale,
  { botName }: RequestContext,
): ReadRequest {
  const wordings = getWordings(locale);
  const raw = removeName(request.slice(0, maxRequestChars), botName);
  const whole = foldText(raw);
  const plain = whole.replace(wordings.fillerPattern, ' ').replace(/\s+/g, ' ').trim();
  return { wordings, raw, whole, plain };
}

function removeName(request: string, botName: string) {
  const name = botName.trim();
  if (name === '') return request;
  const pattern = toWholeWords(`${RegExp.escape(name)}(?:[,\u3001](?!\\d))?`, 'giu');
  return request.replace(pattern, ' ').trim();
}

function findSum({ raw, wordings }: ReadRequest): FoundIntent | undefined {
  const result = calculateSum(raw, wordings);
  return result && { intent: 'sum', result, locale: wordings.locale };
}

function listWordings({ wordings }: Wordings) {
  return Object.entries(wordings) as [Intent, readonly string[]][]; // The keys are intents.
}

function findExact({ plain, whole, wordings }: ReadRequest): FoundIntent | undefined {
  for (const request of [whole, plain])
    for (const [intent, texts] of listWordings(wordings))
      if (texts.includes(request)) return { intent, locale: wordings.locale };
  return undefined;
}

/** Finds the wording that is most similar. */
function findSimilar({ plain, wordings }: ReadRequest): FoundIntent | undefined {
  const { locale, maxDistance } = wordings;
  const near = listWordings(wordings).flatMap(([intent, texts]) => {
    const allowed = harmless.has(intent)
      ? maxDistance
      : Math.min(maxDistance, maxEffectDistance);
    const closed = texts.filter((text) => !text.includes('{'));
    const distance = Math.min(
      ...closed.map((text) => measureShare(plain, text, allowed)),
    );
    return distance <= allowed ? [{ intent, distance }] : [];
  });
  const [nearest] = near.toSorted((a, b) => a.distance - b.distance);
  return nearest && { intent: nearest.intent, locale };
}

function measureShare(request: string, wording: string, allowed: number) {
  const longest = Math.max(request.length, wording.length);
  // Edits are counted only where the lengths allow so few of them.
  if (Math.abs(request.length - wording.length) > longest * allowed) return 1;
  return measureEditDistance(request, wording) / longest;
}

/** Finds a timer or reminder. English also knows times of the clock and days. */
function findTimed(
  { plain, raw, wordings }: ReadRequest,
  context: TimeContext,
): FoundIntent | undefined {
  const { locale } = wordings;
  if (locale === 'en') return findEnglishTimed(plain, raw, context);
  const timed = takeDuration(plain, wordings);
  if (!timed) return undefined;
  const { request, when } = timed;
  const slot = (text: string) => text.replace(timeSlot, '#');
  const isTimer = wordings.wordings.timer.some(
    (text) =>
      measureShare(slot(request), slot(text), maxTimerDistance) <= maxTimerDistance,
  );
  if (isTimer) return { intent: 'timer', when, locale };
  for (const wording of wordings.wordings.remind) {
    const text = matchSlots(wording, request);
    if (text !== undefined)
      return { intent: 'remind', when, text: restoreWords(text, raw), locale };
  }
  return undefined;
}

function removeLastMarks(text: string) {
  let end = text.length;
  while (/[\s.,!?\u3002\uff01\uff1f]/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Finds the words as they stand in the request, with their accents. */
function restoreWords(folded: string, raw: string) {
  if (folded === '') return folded;
  const isUnspaced = !folded.includes(' ') && !/\p{Script=Latin}/u.test(folded);
  const pieces = isUnspaced ? [...raw] : raw.split(/(?<=\s)/);
  for (let from = pieces.length - 1; from >= 0; from--)
    for (let to = from + 1; to <= pieces.length; to++) {
      const slice = pieces.slice(from, to).join('');
      if (foldText(slice) === folded) return removeLastMarks(slice);
    }
  return folded;
}

function findEnglishTimed(
  request: string,
  raw: string,
  context: TimeContext,
): FoundIntent | undefined {
  const [, phrase = ''] = /^remind me (.+)$/.exec(request) ?? [];
  const reminder = findEnglishTime(phrase, context);
  if (reminder) {
    const { text = '', when } = reminder;
    return { intent: 'remind', when, text: restoreWords(text, raw), locale: 'en' };
  }
  const [, ...sides] = /^(.*?) ?\btimer\b ?(.*)$/.exec(request) ?? [];
  const [timer] = sides.flatMap((side) => findEnglishTime(side, context) ?? []);
  return timer && { intent: 'timer', when: timer.when, locale: 'en' };
}

function findEnglishTime(phrase: string, context: TimeContext) {
  const words = phrase.split(' ');
  const isTime = (text: string) => parseTimePhrase(text, context) !== undefined;
  const splits = words.map(
    (_, at) =>
      [words.slice(0, at + 1).join(' '), words.slice(at + 1).join(' ')] as const,
  );
  const timeFirst = splits.findLast(([time]) => isTime(time));
  const [when, about = ''] =
    timeFirst ?? splits.find(([, time]) => isTime(time))?.toReversed() ?? [];
  if (when === undefined) return undefined;
  return { when, text: about.replace(/^(?:to|about|that|of) /, '') || undefined };
}

/** Finds a wording with the name of a sound that is known. */
function findKnownSound({ plain, wordings }: ReadRequest): FoundIntent | undefined {
  const { locale, sounds } = wordings;
  const { play, playKnown } = wordings.wordings;
  const sound = [...playKnown, ...play]
    .map((wording) => sounds[matchSlots(wording, plain) ?? ''])
    .find((name) => name !== undefined);
  return sound === undefined ? undefined : { intent: 'play', sound, locale };
}

/** Finds a wording with any sound. Verbs that also mean other things ("put on") are none. */
function findAnySound({ plain, wordings }: ReadRequest): FoundIntent | undefined {
  const sound = wordings.wordings.play
    .map((wording) => matchSlots(wording, plain))
    .find((name) => name !== undefined && name !== '');
  return sound === undefined
    ? undefined
    : { intent: 'play', sound, locale: wordings.locale };
}

/** Returns the words in the slot of a wording, or an empty text if it has none. Undefined if the request differs. */
function matchSlots(wording: string, request: string) {
  const [before = '', after] = wording.split(/\{(?:text|sound)\}/);
  if (after === undefined) return request === wording ? '' : undefined;
  const isFilled = request.length > before.length + after.length;
  return isFilled && request.startsWith(before) && request.endsWith(after)
    ? request.slice(before.length, request.length - after.length)
    : undefined;
}

/** A call of a tool of the bot. */
export type StandInCall = {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
};

const fixedCalls: Readonly<Partial<Record<Intent, StandInCall>>> = {
  louder: { name: 'volume', input: { change: 20 } },
  quieter: { name: 'volume', input: { change: -20 } },
  slower: { name: 'speed', input: { change: 'slower' } },
  faster: { name: 'speed', input: { change: 'faster' } },
  usualSpeed: { name: 'speed', input: { change: 'usual' } },
  repeat: { name: 'repeat', input: {} },
  captionsOn: { name: 'captions', input: { on: true } },
  captionsOff: { name: 'captions', input: { on: false } },
  follow: { name: 'follow', input: { follow: true } },
  unfollow: { name: 'follow', input: { follow: false } },
  pauseListening: { name: 'pause_listening', input: {} },
  pauseSound: { name: 'change_track', input: { deed: 'pause' } },
  resumeSound: { name: 'change_track', input: { deed: 'resume' } },
  skipSound: { name: 'change_track', input: { deed: 'skip' } },
  stopSound: { name: 'change_track', input: { deed: 'stop' } },
  listTimers: { name: 'list_reminders', input: {} },
  cancelTimer: { name: 'cancel_reminder', input: {} },
  leave: { name: 'leave', input: {} },
};

/** Finds the call that an intent needs. Undefined for an intent that is answered in words. */
export function findCall(found: FoundIntent): StandInCall | undefined {
  if (found.intent === 'sum') return undefined;
  const { intent, when, text, sound } = found;
  if (intent === 'timer') return { name: 'set_reminder', input: { when } };
  if (intent === 'remind')
    return { name: 'set_reminder', input: { when, text: text || undefined } };
  if (intent === 'play') return { name: 'play_sound', input: { sound } };
  return fixedCalls[intent];
}
