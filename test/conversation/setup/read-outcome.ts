import { toChannelId } from '#src/base/ids.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';

/** An outcome as it is read in the Lounge. */
export function readBy(outcome: AskOutcome) {
  if (outcome.kind !== 'answered') return outcome;
  return { ...outcome, text: outcome.text.findForPlace(toChannelId('lounge')) };
}
