import { toChannelId, toMessageId, toPersonId } from '#src/base/ids.ts';
import type { CaptionLine } from '#src/features/captions/live/caption-line.ts';
import { LiveCaptions } from '#src/features/captions/live/live-captions.ts';
import { FakeCaptionChat, makeKeyedChat } from '#test/fakes/caption-chats.ts';

function makeCaptionPerson(name: string) {
  return { kind: 'person', personId: toPersonId(`id of ${name}`), name } as const;
}

type LineDetails = Partial<Omit<CaptionLine, 'number' | 'speaker' | 'text'>>;

/** A line that begins `number` times 10 s after the start. */
export function makeCaptionLine(
  number: number,
  name: string,
  text: string,
  details: LineDetails = {},
) {
  const startMs = number * 10_000;
  return { number, speaker: makeCaptionPerson(name), startMs, text, ...details };
}

/** Captions in a chat that passes on what it is to show, and what they report. */
export function openLive(show: Parameters<typeof makeKeyedChat>[1]) {
  const clock = { atMs: 0, nowMs: () => clock.atMs };
  const troubles: string[] = [];
  const live = new LiveCaptions({
    chat: makeKeyedChat(toChannelId('c'), show),
    clock,
    notUnderstood: '(not understood)',
    onShown: () => undefined,
    onTrouble: (message) => troubles.push(message),
    formatTime: (startMs) => `20:00:${startMs / 1_000}`,
  });
  return { live, clock, troubles };
}

/** A chat that shows what it is asked to at once, and captions there. */
export class InstantChat extends FakeCaptionChat {
  readonly #opened = openLive((desired, report) => report(this.answer(desired)));

  constructor() {
    super('c');
  }

  get live() {
    return this.#opened.live;
  }

  get reported(): ReturnType<typeof openLive> {
    return this.#opened;
  }

  set atMs(atMs: number) {
    this.#opened.clock.atMs = atMs;
  }

  put(...lines: readonly CaptionLine[]) {
    for (const captionLine of lines) this.live.putLine(captionLine);
  }

  /** A person deletes the message of this key. */
  delete(key: string) {
    this.shown.delete(key);
    this.live.onMessagesDeleted([toMessageId(`c ${key}`)]);
  }
}
