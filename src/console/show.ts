import type { SessionEvent } from '#src/session/events.ts';

type Answered = Extract<SessionEvent, { kind: 'answered' }>;

/** Prints a conversation as a newcomer reads it: who, the words, and how long it took. Plain lines, no control codes. */
export class Show {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  title(line: string): void {
    this.#write(line);
  }

  /** One row of what is used: role, engine, note. */
  engine(role: string, what: string, note: string): void {
    this.#write(`  ${role.padEnd(17)}${what.padEnd(36)}${note}`.trimEnd());
  }

  blank(): void {
    this.#write('');
  }

  note(line: string): void {
    this.#write(`  ${line}`);
  }

  says(name: string, words: string): void {
    this.#write(`  ${name.padEnd(7)}${words}`);
  }

  detail(line: string): void {
    this.#write(`         ${line}`);
  }
}

/** `ended 180, recognised 240, first clause 241, first speech 290, heard 318 ms after Adam's last syllable` */
export function instantsLine(
  { instants }: Answered,
  speaker: string,
  lastVoicedAtMs: number,
  firstHeardAtMs: number,
): string {
  const named: readonly (readonly [string, number | undefined])[] = [
    ['ended', instants.endedAtMs],
    ['recognised', instants.recognisedAtMs],
    ['first token', instants.firstTokenAtMs],
    ['first clause', instants.firstClauseAtMs],
    ['first speech', instants.firstSpeechAtMs],
    ['sent', instants.firstSentAtMs],
    ['heard', firstHeardAtMs],
  ];
  const happened = named.flatMap(([name, atMs]) =>
    atMs === undefined ? [] : [`${name} ${Math.round(atMs - lastVoicedAtMs)}`],
  );
  return `${happened.join(', ')} ms after ${speaker}'s last syllable`;
}
