import { peopleReading } from '#src/people/confidential-text.ts';
import type { AskOutcome } from '#src/session/ports/command-ports.ts';

/** An outcome as this person reads it. */
export function readBy(outcome: AskOutcome, personId = 'adam') {
  if (outcome.kind !== 'answered') return outcome;
  return { ...outcome, text: outcome.text.textFor(peopleReading([personId])) };
}
