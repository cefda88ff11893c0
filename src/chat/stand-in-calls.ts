import { measureEditDistance } from '#src/base/edit-distance.ts';
import { toRecord, tryParseJson } from '#src/base/json.ts';
import { parseTimePhrase, type TimeContext } from '#src/chat/text/time-phrases.ts';
import type { ChatMessage } from './chat-model.ts';

type StandInCall = {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
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

function createCommand(name: string, input: StandInCall['input'], wordings: string) {
  return { wordings, call: { name, input } };
}

/** Share of the length by which words may differ, small as a command has an effect. */
const maxCommandDistance = 0.2;

/**
 * Finds the call that a request asks for, by its wording alone. Undefined if no tool fits.
 *
 * @example
 * import { findStandInCall } from '#src/chat/stand-in-calls.ts';
 *
 * const context = { nowWallMs: 0, timeZone: 'UTC' };
 * findStandInCall('remind me in ten minutes to stretch', context)?.input; // { when: 'in ten minutes', text: 'stretch' }
 */
export function findStandInCall(
  wording: string,
  context: TimeContext,
): StandInCall | undefined {
  const command = findClosest(standInCommands, wording, maxCommandDistance);
  if (command) return command.call;
  const findGroup = (pattern: RegExp) => pattern.exec(wording)?.[1];
  if (/^(?:cancel|stop|delete|remove) .*\b(?:timer|reminder)$/.test(wording))
    return { name: 'cancel_reminder', input: {} };
  const reminder = findTime(findGroup(/^remind me (.+)$/) ?? '', context);
  if (reminder) return { name: 'set_reminder', input: reminder };
  const [, ...sides] = /^(.*?) ?\btimer\b ?(.*)$/.exec(wording) ?? [];
  const [timePhrase] = sides.flatMap((side) => findTime(side, context)?.when ?? []);
  if (timePhrase !== undefined)
    return { name: 'set_reminder', input: { when: timePhrase } };
  const sound = findGroup(/^(?:play|start)(?: (?:me|some|the|a))* (.+)$/);
  return sound === undefined ? undefined : { name: 'play_sound', input: { sound } };
}

/** Finds the rule with the wording nearest to a request. `maxDistance` is a share of the length. */
export function findClosest<Rule extends { readonly wordings: string }>(
  rules: readonly Rule[],
  request: string,
  maxDistance: number,
): Rule | undefined {
  const measureDistance = (wording: string) =>
    measureEditDistance(request, wording) / Math.max(request.length, wording.length);
  const measured = rules.map((rule) => ({
    rule,
    distance: Math.min(...rule.wordings.split('|').map(measureDistance)),
  }));
  const near = measured.filter(({ distance }) => distance <= maxDistance);
  return near.toSorted((a, b) => a.distance - b.distance)[0]?.rule;
}

function findTime(phrase: string, context: TimeContext) {
  const phraseWords = phrase.split(' ');
  const isTime = (text: string) => parseTimePhrase(text, context) !== undefined;
  const splits = phraseWords.map(
    (_, at) =>
      [
        phraseWords.slice(0, at + 1).join(' '),
        phraseWords.slice(at + 1).join(' '),
      ] as const,
  );
  const timeFirst = splits.findLast(([time]) => isTime(time));
  const [timePhrase, about = ''] =
    timeFirst ?? splits.find(([, time]) => isTime(time))?.toReversed() ?? [];
  const text = about.replace(/^(?:to|about|that|of) /, '');
  return timePhrase === undefined
    ? undefined
    : { when: timePhrase, text: text || undefined };
}

/** Formats the result of a tool as a reply. Undefined if the newest message is no result. */
export function formatResultReply(
  messages: readonly ChatMessage[],
): string | undefined {
  const newest = messages.at(-1);
  if (newest?.role !== 'tool') return undefined;
  const { result, error } = toRecord(tryParseJson(newest.content));
  const { outcome, reminders, waiting } = toRecord(result);
  if (waiting !== undefined) return 'Press Confirm in the chat, please.';
  if (typeof reminders === 'string') return `You have these: ${reminders}.`;
  const reply = error ?? outcome ?? 'All right.';
  return Array.isArray(reply) ? reply.join(' ') : `${reply}`;
}
