import type { MessageId } from '#src/base/ids.ts';

/** A file of a message, at its address on the page. */
export type PageFile = {
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly url: string;
};

type ReplyMessage = {
  readonly id: MessageId;
  /** The interaction that the message answers, if any. */
  readonly interactionId: string | undefined;
  /** Whether the reader alone sees the message. */
  readonly isPrivate: boolean;
  readonly buttonCount: number;
  readonly files: readonly PageFile[];
};

/** A reply can be edited for 15 minutes, in which nobody moves faders more often. */
const maxKept = 1_000;

/** Replies to commands of the page's own controls. They stand beside the control, and never in the conversation, also after a reload. */
export class QuietReplies {
  readonly #interactionIds = new Set<string>();
  readonly #files = new Map<MessageId, readonly PageFile[]>();

  /** Keeps the replies to an interaction out of the conversation, from before the bot answers it. */
  expect(interactionId: string): void {
    this.#interactionIds.add(interactionId);
    dropOldest(this.#interactionIds);
  }

  /** Takes a message that is such a reply. One that asks everybody something is for the conversation. Returns whether it was taken. */
  take({ id, interactionId, isPrivate, buttonCount, files }: ReplyMessage): boolean {
    if (interactionId === undefined || !this.#interactionIds.has(interactionId))
      return false;
    if (!isPrivate && buttonCount > 0) return false;
    this.#files.set(id, files);
    dropOldest(this.#files);
    return true;
  }

  /** Lists the files of a reply that was taken. */
  listFiles(id: MessageId): readonly PageFile[] {
    return this.#files.get(id) ?? [];
  }
}

function dropOldest<Key>(kept: Set<Key> | Map<Key, unknown>) {
  const [oldest] = kept.keys();
  if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
}
