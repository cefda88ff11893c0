import type { ListedTurn, Requests } from '#src/conversation/requests.ts';
import type { TrackCommand, TrackOutcome } from '#src/playback/tracks/track-outcomes.ts';
import {
  soundsTouched,
  type TrackSound,
  type TrackSounds,
} from '#src/playback/tracks/track-sounds.ts';
import { speechTitle } from './lazily-synthesised-text.ts';
import { voiceTrack as track } from './track-names.ts';

/** Commands that speech takes. */
export const speechCommands: ReadonlySet<TrackCommand['kind']> = new Set([
  'skip',
  'stop',
  'remove',
]);

export type Speech = TrackSound & { readonly turn: ListedTurn };

/** Speech on the track `voice`; `answer` is the title of an answer, in the language of the server. */
export function soundsOnVoice({ current, line }: Requests, answer: string): TrackSounds<Speech> {
  return {
    current: current && isSkippable(current) ? soundOf(current, answer) : undefined,
    waiting: line.filter(isSkippable).map((turn) => soundOf(turn, answer)),
  };
}

/** Performs a command of a person who may give it on speech. */
export function performOnVoice(
  queue: Requests,
  sounds: TrackSounds<Speech>,
  command: TrackCommand,
): TrackOutcome {
  const { kind } = command;
  if (!speechCommands.has(kind)) return { kind: 'reserved', track };
  const touched = soundsTouched(sounds, command);
  const [first] = touched;
  if (!first && kind === 'remove') return { kind: 'no-item', name: command.item, names: [] };
  if (!first) return { kind: 'empty', track };
  // The last first: else the next would begin.
  for (const { turn } of touched.toReversed())
    queue.drop(turn, kind === 'stop' ? 'stopped' : 'skipped');
  const { title } = first;
  if (kind === 'skip') return { kind: 'skipped', track, title };
  return { kind: 'changed', track, change: kind === 'remove' ? kind : 'stop', title };
}

/** Some things everybody has to have heard. */
function isSkippable(turn: ListedTurn) {
  return turn.kind !== 'reading' || turn.reading.interruptible !== false;
}

/** Its title is for all people, and so holds no words. */
function soundOf(turn: ListedTurn, answer: string): Speech {
  const id = `${turn.id}`;
  if (turn.kind === 'question')
    return { id, turn, title: answer, owner: { id: turn.by, name: turn.name } };
  return { id, turn, title: speechTitle, owner: turn.reading.owner };
}
