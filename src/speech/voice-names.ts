/** Names of the voices that a server or a model has. */
export interface VoiceNames {
  /** Languages (BCP 47) that the voices speak. Absent: all, as far as is known. */
  readonly languages?: readonly string[] | undefined;
  /** Returns the names that are known now. None means that the voices cannot be listed, or not yet. */
  getKnown(): readonly string[];
  /** Asks the server for unknown names. Never throws, and has a deadline. */
  loadNames(): Promise<readonly string[]>;
}

/** Creates a fixed list of names. No names mean that the voices cannot be listed. */
export function createFixedVoiceNames(
  names: readonly string[],
  languages?: readonly string[],
): VoiceNames {
  return { languages, getKnown: () => names, loadNames: async () => names };
}

/** Returns whether a name is known, or a mix of known ones, `a(2)+b(1)`. */
export function isKnownVoice(name: string, knownNames: readonly string[]): boolean {
  if (knownNames.length === 0 || knownNames.includes(name)) return true;
  const voices = name.split('+');
  return (
    voices.length > 1 &&
    voices.every((voice) => knownNames.includes(voice.trim().replace(voiceWeight, '')))
  );
}

/** Finds the voice that a person typed, in any case. A plausible name passes if the voices cannot be listed. */
export function findVoice(
  typed: string,
  knownNames: readonly string[],
): string | undefined {
  const name = typed.trim();
  const lower = name.toLowerCase();
  const knownName = knownNames.find((voice) => voice.toLowerCase() === lower);
  if (knownName !== undefined) return knownName;
  return voiceNamePattern.test(name) && isKnownVoice(name, knownNames)
    ? name
    : undefined;
}

const voiceWeight = /\([\d.]{1,8}\)$/;

/** Names of a server that does not list its voices. */
const voiceNamePattern = /^[\p{L}\p{N}][\p{L}\p{N} _.:()+/-]{0,99}$/u;
