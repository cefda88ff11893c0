import { measureEditDistance } from '#src/base/edit-distance.ts';
import { toRecord, tryParseJson } from '#src/base/json.ts';
import { parseTimePhrase, type TimeContext } from '#src/chat/text/time-phrases.ts';
import type { ChatMessage } from './chat-model.ts';

type StandInCall = {
  readonly name: string;
  readonly given: Readonly<Record<string, unknown>>;
};

const standInCommands = [
  createCommand(
    'volume',
    { change: 20 },
    'louder|speak louder|be louder|speak up|volume up',
  ),
  createCommand(
    'volume',
    { change: -20 },
    'quieter|speak quieter|softer|not loud|volume down',
  ),
  createCommand(
    'speed',
    { change: 'slower' },
    'slower|speak slower|more slowly|not fast',
  ),
  createCommand('speed', { change: 'faster' }, 'faster|speak faster|not slow'),
  createCommand('speed', { change: 'usual' }, 'normal speed|speak normally'),
  createCommand('repeat', {}, 'say that again|repeat that|what did you say|pardon'),
  createCommand(
    'captions',
    { on: true },
    'captions on|turn on captions|turn captions on',
  ),
  createCommand(
    'captions',
    { on: false },
    'captions off|turn off captions|turn captions off',
  ),
  createCommand('follow', { follow: true }, 'follow me|come with me'),
  createCommand(
    'follow',
    { follow: false },
    "stop following me|don't follow me|do not follow me",
  ),
  createCommand('pause_listening', {}, 'pause listening|stop listening'),
  createCommand(
    'change_track',
    { deed: 'pause' },
    'pause the music|pause the sound|pause it',
  ),
  createCommand('change_track', { deed: 'resume' }, 'resume the music|resume'),
  createCommand('change_track', { deed: 'skip' }, 'skip|skip it|next song'),
  createCommand(
    'change_track',
    { deed: 'stop' },
    'stop the music|stop the sound|stop the rain',
  ),
  createCommand(
    'list_reminders',
    {},
    'which reminders do i have|list my reminders|show my reminders',
  ),
  createCommand(
    'list_reminders',
    {},
    'what timers do i have|list my timers|show my timers',
  ),
];

function createCommand(name: string, given: StandInCall['given'], asked: string) {
  return { asked, call: { name, given } };
}

/** Share of the length by which words may differ, small as a command has an effect. */
const maxCommandDistance = 0.2;

/**
 * Finds the call that words ask for, by their wording alone.
 *
 * @example
 * import { findStandInCall } from '#src/chat/stand-in-calls.ts';
 *
 * const context = { nowWallMs: 0, timeZone: 'UTC' };
 * findStandInCall('remind me in ten minutes to stretch', context)?.given; // { when: 'in ten minutes', text: 'stretch' }
 */
export function findStandInCall(
  words: string,
  context: TimeContext,
): StandInCall | undefined {
  const command = findClosest(standInCommands, words, maxCommandDistance);
  if (command) return command.call;
  const after = (pattern: RegExp) => pattern.exec(words)?.[1];
  if (/^(?:cancel|stop|delete|remove) .*\b(?:timer|reminder)$/.test(words))
    return { name: 'cancel_reminder', given: {} };
  const reminder = findTime(after(/^remind me (.+)$/) ?? '', context);
  if (reminder) return { name: 'set_reminder', given: reminder };
  const [, ...sides] = /^(.*?) ?\btimer\b ?(.*)$/.exec(words) ?? [];
  const [when] = sides.flatMap((side) => findTime(side, context)?.when ?? []);
  if (when !== undefined) return { name: 'set_reminder', given: { when } };
  const sound = after(/^(?:play|start)(?: (?:me|some|the|a))* (.+)$/);
  return sound === undefined ? undefined : { name: 'play_sound', given: { sound } };
}

/** `most` is a share of the length. */
export function findClosest<Asked extends { readonly asked: string }>(
  all: readonly Asked[],
  words: string,
  most: number,
): Asked | undefined {
  const far = (asked: string) =>
    measureEditDistance(words, asked) / Math.max(words.length, asked.length);
  const near = all.map((one) => ({
    one,
    by: Math.min(...one.asked.split('|').map(far)),
  }));
  return near.filter(({ by }) => by <= most).toSorted((a, b) => a.by - b.by)[0]?.one;
}

function findTime(phrase: string, context: TimeContext) {
  const words = phrase.split(' ');
  const isTime = (some: string) => parseTimePhrase(some, context) !== undefined;
  const splits = words.map(
    (_, at) =>
      [words.slice(0, at + 1).join(' '), words.slice(at + 1).join(' ')] as const,
  );
  const first = splits.findLast(([time]) => isTime(time));
  const [when, about = ''] =
    first ?? splits.find(([, time]) => isTime(time))?.toReversed() ?? [];
  const text = about.replace(/^(?:to|about|that|of) /, '');
  return when === undefined ? undefined : { when, text: text || undefined };
}

export function formatResultReply(
  messages: readonly ChatMessage[],
): string | undefined {
  const newest = messages.at(-1);
  if (newest?.role !== 'tool') return undefined;
  const { result, error } = toRecord(tryParseJson(newest.content));
  const { outcome, reminders, waiting } = toRecord(result);
  if (waiting !== undefined) return 'Press Confirm in the chat, please.';
  if (typeof reminders === 'string') return `You have these: ${reminders}.`;
  const told = error ?? outcome ?? 'All right.';
  return Array.isArray(told) ? told.join(' ') : `${told}`;
}
