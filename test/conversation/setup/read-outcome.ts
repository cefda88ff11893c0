import type { AskOutcome } from '#src/conversation/ports/command-ports.ts';
import { peopleReading } from '#src/people/confidential-text.ts';

/** An outcome as this person reads it. */
export function readBy(outcome: AskOutcome, personId = 'adam') {
  if (outcome.kind !== 'answered') return outcome;
  return { ...outcome, text: outcome.text.textFor(peopleReading([personId])) };
}
