import type { DisplayOutcome } from '#src/conversation/ports/desired-message.ts';
import { CaptionLayout } from '#src/features/captions/live/caption-layout.ts';
import type { CaptionLine, LayoutChange } from '#src/features/captions/live/caption-line.ts';

export const texts = {
  notUnderstood: '(not understood)',
  stopped: '(stopped)',
  unnamed: 'somebody',
};
const startedAtWallMs = 1_700_000_000_000;

export function openLayout(): CaptionLayout {
  return new CaptionLayout({ startedAtWallMs, texts });
}

function person(name: string) {
  return { kind: 'person', personId: `id of ${name}`, name } as const;
}

type Details = Partial<Omit<CaptionLine, 'number' | 'speaker' | 'text'>>;

/** A line that begins `number` times 10 s after the start, and lasts 2 s. */
export function line(number: number, name: string, text: string, details: Details = {}) {
  const startMs = details.startMs ?? number * 10_000;
  const times = { startMs, endMs: startMs + 2_000 };
  return {
    ...{ number, speaker: person(name), text, state: 'final' as const },
    ...times,
    ...details,
  };
}

/** A chat that shows what it is asked to at once, and what it was asked. */
export class InstantChat {
  readonly layout = openLayout();
  readonly changes: LayoutChange[] = [];
  readonly #shown = new Map<string, string>();
  atMs = 0;

  put(...lines: readonly CaptionLine[]): void {
    for (const one of lines) this.follow(this.layout.put(one, this.atMs));
  }

  remove(...numbers: readonly number[]): void {
    this.follow(this.layout.remove(numbers, this.atMs));
  }

  answer(outcome: DisplayOutcome): void {
    this.follow(this.layout.outcome(outcome, this.atMs));
  }

  follow(change: LayoutChange): void {
    this.changes.push(change);
    for (const { key, text } of change.desired) {
      if (text === '') this.#shown.delete(key);
      else this.#shown.set(key, text);
      if (text === '') continue;
      const place = { channelId: 'c', messageId: `message ${key}` };
      this.answer({ kind: 'shown', key, place, text, atMs: this.atMs });
    }
  }

  /** Somebody deletes this message. */
  delete(messageId: string): void {
    this.#shown.delete(messageId.replace('message ', ''));
    this.follow(this.layout.messagesDeleted([messageId], this.atMs));
  }

  /** Text of each message, in order of posting. */
  messages(): readonly string[] {
    return [...this.#shown.values()];
  }

  keys(): readonly string[] {
    return [...this.#shown.keys()];
  }

  lines(): readonly string[] {
    return this.messages().flatMap((text) => text.split('\n'));
  }
}
