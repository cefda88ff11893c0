/** Names of the local voices, and the factor by which each raises the pitch of the model's own voice. */
export const localVoices: Readonly<Record<string, number>> = {
  natural: 1,
  deep: 0.84,
  low: 0.92,
  high: 1.09,
  bright: 1.18,
};

/** Factor of the first of these voices that there is; names of former engines mean the model's own voice. */
export function findVoicePitch(...names: readonly (string | undefined)[]): number {
  const known = names.find(
    (name) => name !== undefined && Object.hasOwn(localVoices, name),
  );
  return localVoices[known ?? 'natural'] ?? 1;
}
