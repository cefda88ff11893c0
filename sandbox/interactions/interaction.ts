import type { Attachment } from '#sandbox/world/world-attachments.ts';
import type { BoardMessage } from '#sandbox/world/world-messages.ts';

/** A message as a person saw it at one instant; ask the sandbox for a later one. */
export type ShownMessage = ReturnType<typeof shown>;
/** A file on a message, as a person sees it. */
export type ShownFile = ReturnType<typeof shownFile>;

export type InteractionKind = 'command' | 'component' | 'autocomplete' | 'modal';

export type Opening = {
  readonly id: string;
  readonly token: string;
  readonly kind: InteractionKind;
  readonly channelId: string;
  readonly callerId: string;
  /** The message whose button was pressed, now or before the form was opened. */
  readonly message?: BoardMessage;
};

export function shown(message: BoardMessage) {
  const { id, text, ephemeral, embeds, components, files } = message;
  return {
    id,
    author: message.authorName,
    text,
    /** Only the person who asked sees it. */
    ephemeral,
    atMs: message.postedAtMs,
    embeds,
    components,
    files: files.map(shownFile),
    /** Whose phones it made ring, in any of its texts: `@everyone`, `@Adam`, `@DJ`. */
    pings: message.pinged,
  };
}

export function shownFile({ name, type, sizeBytes, url }: Attachment) {
  return { name, type, sizeBytes, url };
}
