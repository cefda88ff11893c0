export interface VoiceNames {
  readonly isEnglishOnly: boolean;
  getKnown(): readonly string[];
  /** Asks the server for unknown names. Never throws, and has a deadline. */
  load(): Promise<readonly string[]>;
}

/** Creates a fixed list of names. No names mean that the voices cannot be listed. */
export function createFixedVoiceNames(
  names: readonly string[],
  isEnglishOnly = false,
): VoiceNames {
  return { isEnglishOnly, getKnown: () => names, load: async () => names };
}

/** Returns whether a name is known, or a mix of known ones, `a(2)+b(1)`. */
export function isKnownVoice(name: string, known: readonly string[]): boolean {
  if (known.length === 0 || known.includes(name)) return true;
  const parts = name.split('+');
  return (
    parts.length > 1 &&
    parts.every((part) => known.includes(part.trim().replace(voiceWeight, '')))
  );
}

export function findVoice(typed: string, known: readonly string[]): string | undefined {
  const words = typed.trim();
  const lower = words.toLowerCase();
  const found = known.find((one) => one.toLowerCase() === lower);
  if (found !== undefined) return found;
  return voiceNamePattern.test(words) && isKnownVoice(words, known) ? words : undefined;
}

const voiceWeight = /\([\d.]{1,8}\)$/;

/** Names of a server that does not list its voices. */
const voiceNamePattern = /^[\p{L}\p{N}][\p{L}\p{N} _.:()+/-]{0,99}$/u;
