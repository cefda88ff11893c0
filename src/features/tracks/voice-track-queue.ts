import type { ListedTurn, SpeechRequests } from '#src/conversation/speech-requests.ts';
import type { TrackCommand, TrackOutcome } from '#src/playback/tracks/track-outcomes.ts';
import {
  listTouchedSounds,
  type TrackSound,
  type TrackSounds,
} from '#src/playback/tracks/track-sounds.ts';
import { speechTitle } from './lazily-synthesised-text.ts';
import { voiceTrack as track } from './track-names.ts';

export const speechCommands: ReadonlySet<TrackCommand['kind']> = new Set([
  'skip',
  'stop',
  'remove',
]);

export type QueuedSpeech = TrackSound & { readonly turn: ListedTurn };

/** `answer` is the title of an answer in the language of the server. */
export function listVoiceSounds(
  { current, waiting }: SpeechRequests,
  answer: string,
): TrackSounds<QueuedSpeech> {
  return {
    current: current && isSkippable(current) ? toTrackSound(current, answer) : undefined,
    waiting: waiting.filter(isSkippable).map((turn) => toTrackSound(turn, answer)),
  };
}

/** The caller has checked the right. */
export function performVoiceCommand(
  queue: SpeechRequests,
  sounds: TrackSounds<QueuedSpeech>,
  command: TrackCommand,
): TrackOutcome {
  const { kind } = command;
  if (!speechCommands.has(kind)) return { kind: 'reserved', track };
  const touched = listTouchedSounds(sounds, command);
  const [first] = touched;
  if (!first && kind === 'remove') return { kind: 'no-item', name: command.item, names: [] };
  if (!first) return { kind: 'empty', track };
  // The last first: else the next would begin.
  for (const { turn } of touched.toReversed())
    queue.takeOut(turn, kind === 'stop' ? 'stopped' : 'skipped');
  const { title } = first;
  if (kind === 'skip') return { kind: 'skipped', track, title };
  return { kind: 'changed', track, change: kind === 'remove' ? kind : 'stop', title };
}

/** Everybody has to hear the others. */
function isSkippable(turn: ListedTurn) {
  return turn.kind !== 'reading' || turn.reading.interruptible !== false;
}

/** Everybody reads the title, so it has no words of the speech. */
function toTrackSound(turn: ListedTurn, answer: string): QueuedSpeech {
  const id = `${turn.id}`;
  if (turn.kind === 'question')
    return { id, turn, title: answer, owner: { id: turn.by, name: turn.name } };
  return { id, turn, title: speechTitle, owner: turn.reading.owner };
}
