import type { SandboxMessage } from '#src/console/sandbox-lines.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';

type PrintedAnswer = Extract<SessionEvent, { kind: 'answered' }>;

/** Where a conversation is printed. */
export type Terminal = { readonly isTTY?: boolean; write(text: string): unknown };

/**
 * Prints a conversation as a newcomer reads it: who, the words, and how long it took.
 *
 * Plain lines; only a terminal gets a progress line that is written over.
 */
export class ConversationPrinter {
  readonly #terminal: Terminal;
  #lines = 0;
  #progress = new Map<string, number>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Count of printed lines. */
  get lines(): number {
    return this.#lines;
  }

  title(line: string): void {
    this.#write(line);
  }

  /** Progress of a load, 0 to 1, for a terminal. */
  progress(role: string, fraction: number): void {
    this.#progress.set(role, fraction);
    const parts = [...this.#progress].map(([name, part]) => `${name} ${Math.round(part * 100)} %`);
    if (this.#terminal.isTTY) this.#terminal.write(`\r  loading: ${parts.join(', ')}\u001b[K`);
  }

  progressDone(): void {
    if (this.#terminal.isTTY && this.#progress.size > 0) this.#terminal.write('\r\u001b[K');
    this.#progress.clear();
  }

  note(line: string): void {
    this.#write(`  ${clean(line)}`);
  }

  /** Lines after the first stand under its words. */
  says(name: string, words: string): void {
    const [first = '', ...rest] = clean(words).split('\n');
    this.#write(`  ${clean(name).padEnd(6)} ${first}`);
    for (const line of rest) this.detail(line);
  }

  detail(line: string): void {
    this.#write(`         ${clean(line)}`);
  }

  #write(line: string): void {
    this.#lines++;
    this.#terminal.write(`${line}\n`);
  }
}

/** One line an event: a message, and a reply to a person, as Discord shows it: `\\*` as `*`. A mention is left out. */
export function printMessage(
  { author, change, text, to }: SandboxMessage,
  show: ConversationPrinter,
): void {
  if (change === 'deleted' || (change === 'edited' && to === undefined)) return;
  const plain = text
    .replace(/<@!?\d+> ?/g, '')
    .replace(/<(\/[a-z ]{1,65}):\d+>/g, '$1')
    .replace(/https:\/\/discord\.com\/channels(?:\/\d+)+/g, '(link)')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1');
  show.says(author, to === undefined ? plain : `${plain} (only ${to} sees this)`);
}

/** Words of people and models could hold anything: what would move the cursor or turn the line round is left out. */
function clean(words: string): string {
  return words.replace(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/gu, '');
}

/** Largest difference, in ms, between the clocks of bot and sandbox, two processes: a packet may arrive before it is noted as sent. */
const clocksDifferMs = 5;

/**
 * `recognised 140, ended 180, first clause 241, first speech 290, heard 318 ms after Adam's last syllable`, where `after`
 * names what happened at `fromMs`; a typed question never ended and was never recognised.
 *
 * In order of time: words may be there before it is clear that they were the last ones.
 */
export function instantsLine(
  { instants, typed }: PrintedAnswer,
  after: string,
  fromMs: number,
  firstHeardAtMs: number,
): string {
  const { firstSentAtMs = firstHeardAtMs } = instants;
  const isOtherSound = firstHeardAtMs < firstSentAtMs - clocksDifferMs;
  const named: readonly (readonly [string, number | undefined])[] = [
    ['ended', typed ? undefined : instants.endedAtMs],
    ['recognised', typed ? undefined : instants.recognisedAtMs],
    ['first token', instants.firstTokenAtMs],
    ['first clause', instants.firstClauseAtMs],
    ['first speech', instants.firstSpeechAtMs],
    ['sent', instants.firstSentAtMs],
    // Sound that was heard before was something else that plays.
    ['heard', isOtherSound ? undefined : Math.max(firstHeardAtMs, firstSentAtMs)],
  ];
  const happened = named
    .flatMap(([name, atMs]) => (atMs === undefined ? [] : [{ name, atMs }]))
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ name, atMs }) => `${name} ${Math.round(atMs - fromMs)}`);
  return `${happened.join(', ')} ms after ${after}`;
}
