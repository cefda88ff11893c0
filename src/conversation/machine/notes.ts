import type { PersonId } from '#src/base/ids.ts';
import { isSameVoice, type TimedWords } from '#src/turn/same-voice.ts';
import { type Draft, joinTranscript } from './selectors.ts';
import type { Notes, PanelNote, TurnState } from './state.ts';

/** Keeps only some of the notes on the panel. */
export function filterPanelNotes(
  notes: Notes,
  isKept: (note: PanelNote) => boolean,
): void {
  notes.decided = notes.decided.filter(isKept);
  notes.dropped = notes.dropped.filter(isKept);
  notes.understood = notes.understood.filter(isKept);
}

/** Notes on the panel, for a while, that a person's turn got no answer. */
export function noteDroppedTurn({ notes, step }: Draft, by: PersonId): void {
  const { droppedMs, maxDropped } = step.rules.notes;
  const others = notes.dropped.filter((note) => note.by !== by);
  const dropped = [...others, { by, untilMs: step.atMs + droppedMs }];
  notes.dropped = dropped.slice(-maxDropped);
}

/** Forgets that a person's turn got no answer. */
export function forgetDroppedTurns(notes: Notes, by: PersonId): void {
  notes.dropped = notes.dropped.filter((note) => note.by !== by);
}

/** Notes on the panel, for a while, the words of a spoken turn. */
export function noteUnderstoodWords({ notes, step }: Draft, turn: TurnState): void {
  const { by, request } = turn;
  const text = joinTranscript(turn.parts);
  if (request !== undefined || text === '') return;
  const others = notes.understood.filter(
    (note) => note.by !== by || note.words !== text,
  );
  const untilMs = step.atMs + step.rules.notes.understoodMs;
  notes.understood = [...others, { by, words: text, untilMs }];
}

/** Notes the words of a decided utterance, while another microphone may still bring the same voice. */
export function noteDecidedWords(
  { notes, step }: Draft,
  by: PersonId,
  words: TimedWords,
): void {
  const untilMs = step.atMs + step.rules.notes.decidedMs;
  notes.decided = [...notes.decided, { by, untilMs, ...words }];
}

/** Tests whether the same voice was decided before, as heard by the microphone of another person. */
export function isDecidedVoice(notes: Notes, by: PersonId, words: TimedWords): boolean {
  return notes.decided.some((note) => note.by !== by && isSameVoice(note, words));
}

/** Notes a failure. Returns false if people were told of it since `forgetFailures`. */
export function rememberFailure(notes: Notes, failure: string): boolean {
  if (notes.failures.includes(failure)) return false;
  notes.failures = [...notes.failures, failure];
  return true;
}

/** Forgets the failures of these stages, so that people are told of the next one. */
export function forgetFailures(notes: Notes, ...stages: readonly string[]): void {
  notes.failures = notes.failures.filter((stage) => !stages.includes(stage));
}
