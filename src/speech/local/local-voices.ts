/** Pitch factor of each local voice. */
export const localVoices: Readonly<Record<string, number>> = {
  natural: 1,
  deep: 0.84,
  low: 0.92,
  high: 1.09,
  bright: 1.18,
};

/** Languages (BCP 47) that the local voices speak. */
export const localVoiceLanguages: readonly string[] = ['en'];

/** Returns the pitch of the first known voice. Names of earlier engines count as `natural`. */
export function findVoicePitch(...names: readonly (string | undefined)[]): number {
  const knownName = names.find(
    (name) => name !== undefined && Object.hasOwn(localVoices, name),
  );
  return localVoices[knownName ?? 'natural'] ?? 1;
}
