import type { ListedTurn, Requests } from '#src/conversation/requests.ts';
import type { TrackCommand, TrackOutcome } from '#src/playback/tracks/track-outcomes.ts';
import type { TrackSound, TrackSounds } from '#src/playback/tracks/track-sounds.ts';
import { titleOf } from './lazily-synthesised-text.ts';
import { voiceTrack as track } from './track-names.ts';

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
  touched: readonly TrackSound[],
): TrackOutcome {
  const [first] = touched;
  if (!first) return { kind: 'empty', track };
  const turns = [...(queue.current ? [queue.current] : []), ...queue.line];
  // The last first: else the next would begin.
  for (const turn of turns.toReversed())
    if (touched.some(({ id }) => id === `${turn.id}`))
      queue.drop(turn, kind === 'stop' ? 'stopped' : 'skipped');
  return kind === 'skip'
    ? { kind: 'skipped', track, title: first.title }
    : { kind: 'changed', track };
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
