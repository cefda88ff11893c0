import type { PersonId } from '#src/base/ids.ts';
import { type Draft, joinTranscript } from './selectors.ts';
import type { Notes, PanelNote, TurnState } from './state.ts';

export function filterPanelNotes(notes: Notes, isKept: (note: PanelNote) => boolean) {
  notes.dropped = notes.dropped.filter(isKept);
  notes.understood = notes.understood.filter(isKept);
}

export function noteDroppedTurn({ notes, step }: Draft, by: PersonId) {
  const { droppedMs, maxDropped } = step.rules.notes;
  const others = notes.dropped.filter((one) => one.by !== by);
  const dropped = [...others, { by, untilMs: step.atMs + droppedMs }];
  notes.dropped = dropped.slice(-maxDropped);
}

export function noteUnderstoodWords(
  { notes, step }: Draft,
  { by, parts, request }: TurnState,
) {
  const words = joinTranscript(parts);
  if (request !== undefined || words === '') return;
  const others = notes.understood.filter((one) => one.by !== by || one.words !== words);
  const untilMs = step.atMs + step.rules.notes.understoodMs;
  notes.understood = [...others, { by, words, untilMs }];
}

/** Returns whether a failure is new. */
export function rememberFailure(notes: Notes, failure: string): boolean {
  if (notes.failures.includes(failure)) return false;
  notes.failures = [...notes.failures, failure];
  return true;
}

export function forgetFailures(notes: Notes, ...stages: readonly string[]) {
  notes.failures = notes.failures.filter((one) => !stages.includes(one));
}
