export interface VoiceNames {
  readonly isEnglishOnly: boolean;
  /** Empty if unknown. */
  known(): readonly string[];
  /** Asks the server for unknown names. Never throws, and has a deadline. */
  load(): Promise<readonly string[]>;
}

/** No names mean that the voices cannot be listed. */
export function fixedVoiceNames(names: readonly string[], isEnglishOnly = false): VoiceNames {
  return { isEnglishOnly, known: () => names, load: async () => names };
}

/** The name may be a mix of known ones, `a(2)+b(1)`. */
export function isVoiceAmong(name: string, known: readonly string[]): boolean {
  if (known.length === 0 || known.includes(name)) return true;
  const parts = name.split('+');
  return parts.length > 1 && parts.every((part) => known.includes(part.trim().replace(weight, '')));
}

/** Finds a voice in its server's spelling. */
export function voiceNamed(typed: string, known: readonly string[]): string | undefined {
  const words = typed.trim();
  const lower = words.toLowerCase();
  const found = known.find((one) => one.toLowerCase() === lower);
  if (found !== undefined) return found;
  return voiceName.test(words) && isVoiceAmong(words, known) ? words : undefined;
}

const weight = /\([\d.]{1,8}\)$/;

/** Names of a server that does not list its voices. */
const voiceName = /^[\p{L}\p{N}][\p{L}\p{N} _.:()+/-]{0,99}$/u;
