import type { Memory } from '#src/captions/transcript-store.ts';
import { isLeftOut } from '#src/people/caption-choice.ts';
import type { ConsentGate } from '#src/session/hearing/consent-gate.ts';

/**
 * Memories that an answer to these people may use.
 *
 * Memories by or about a person who is left out of captions, or may be, are used for the questions of that person alone; those by
 * or about a person who said no are not used.
 */
export function usableMemories(
  all: readonly Memory[],
  askerIds: readonly string[],
  gate: ConsentGate,
): readonly Memory[] {
  const usable = (personId: string) => {
    if (gate.standing(personId) === 'no') return false;
    if (isLeftOut(gate.choices, personId) === false) return true;
    return askerIds.every((id) => id === personId);
  };
  return all.filter(({ byId, aboutId }) => usable(byId) && (!aboutId || usable(aboutId)));
}

/** Memories by this person about no other person: for their questions where it is not known who said no or is left out. */
export function ownMemories(all: readonly Memory[], personId: string): readonly Memory[] {
  return all.filter(({ byId, aboutId }) => byId === personId && aboutId === undefined);
}
