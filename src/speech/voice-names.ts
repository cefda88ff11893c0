/** Voices of an engine: their names, and whether they are English. */
export interface VoiceNames {
  /** True where every voice speaks English and nothing else. */
  readonly isEnglishOnly: boolean;
  /** Names in the last list; empty: not known. */
  known(): readonly string[];
  /** The names, which the server is asked for where they are not known. Never throws, and has a deadline. */
  load(): Promise<readonly string[]>;
}

/** Voices that are always the same; none: they cannot be listed. */
export function fixedVoiceNames(names: readonly string[], isEnglishOnly = false): VoiceNames {
  return { isEnglishOnly, known: () => names, load: async () => names };
}

/** Whether a voice may be asked for by this name: one of those that are known, or a mix of them, `a(2)+b(1)`. */
export function isVoiceAmong(name: string, known: readonly string[]): boolean {
  if (known.length === 0 || known.includes(name)) return true;
  const parts = name.split('+');
  return parts.length > 1 && parts.every((part) => known.includes(part.trim().replace(weight, '')));
}

/** A typed voice in its server's spelling, in any case; undefined where there is none. */
export function voiceNamed(typed: string, known: readonly string[]): string | undefined {
  const words = typed.trim();
  const lower = words.toLowerCase();
  const found = known.find((one) => one.toLowerCase() === lower);
  if (found !== undefined) return found;
  return voiceName.test(words) && isVoiceAmong(words, known) ? words : undefined;
}

/** Weight of a voice in a mix. */
const weight = /\([\d.]{1,8}\)$/;

/** What may be the name of a voice, for a server that does not list its voices. */
const voiceName = /^[\p{L}\p{N}][\p{L}\p{N} _.:()+/-]{0,99}$/u;
