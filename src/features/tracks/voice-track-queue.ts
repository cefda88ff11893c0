import type { ListedTurn, Requests } from '#src/conversation/requests.ts';
import type { TrackCommand } from '#src/playback/tracks/track-outcomes.ts';
import { titleOf } from './lazily-synthesised-text.ts';
import { voiceTrack as track } from './track-names.ts';
import type { TrackOutcome } from './track-outcomes.ts';
import type { TrackSound, TrackSounds } from './track-sounds.ts';

/** Speech on the track `voice`; `answer` is the title of an answer, in the language of the server. */
export function soundsOnVoice({ current, line }: Requests, answer: string): TrackSounds {
  return {
    current: current && isSkippable(current) ? soundOf(current, answer) : undefined,
    waiting: line.filter(isSkippable).map((turn) => soundOf(turn, answer)),
  };
}

/** Performs a command of a person who may give it on these of its sounds. */
export function performOnVoice(
  queue: Requests,
  { kind }: TrackCommand,
  { current, waiting: [next] }: TrackSounds,
  touched: readonly TrackSound[],
): TrackOutcome {
  const [first] = touched;
  const drop = () => dropFromVoice(queue, touched, kind === 'stop' ? 'stopped' : 'skipped');
  switch (kind) {
    case 'skip': {
      if (!first) return { kind: 'empty', track };
      drop();
      const after = first.id === current?.id ? next?.title : undefined;
      return { kind: 'skipped', track, title: first.title, next: after };
    }
    case 'stop':
      drop();
      return first
        ? { kind: 'stopped', track, removed: touched.length - 1 }
        : { kind: 'empty', track };
    case 'remove':
      drop();
      return first ? { kind: 'removed', track, title: first.title } : { kind: 'over' };
    default:
      return { kind: 'reserved', track };
  }
}

/** The last first: else the next would begin. */
export function dropFromVoice(
  queue: Requests,
  sounds: readonly TrackSound[],
  why: 'skipped' | 'stopped',
): void {
  const turns = [...(queue.current ? [queue.current] : []), ...queue.line];
  for (const turn of turns.toReversed())
    if (sounds.some(({ id }) => id === `${turn.id}`)) queue.drop(turn, why);
}

/** Some things everybody has to have heard. */
function isSkippable(turn: ListedTurn): boolean {
  return turn.kind !== 'reading' || turn.reading.interruptible !== false;
}

/** Its title is for all people: a text, which all are going to hear, but not a question. */
function soundOf(turn: ListedTurn, answer: string): TrackSound {
  const id = `${turn.id}`;
  if (turn.kind === 'question')
    return { id, title: answer, owner: { id: turn.by, name: turn.name } };
  const { clauses, owner } = turn.reading;
  return { id, title: titleOf(clauses.map((one) => one.textIn(undefined) ?? '\u2026')), owner };
}
