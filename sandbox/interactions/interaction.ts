import type { BoardMessage } from '#sandbox/world/world-messages.ts';

/** A file on a message, as a person sees it. */
export type ShownFile = {
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
  /** URL of the bytes, served by the sandbox itself. */
  readonly url: string;
};

/** A message as a person saw it at one instant; ask the sandbox for a later one. */
export type ShownMessage = {
  readonly id: string;
  /** Name of the author. */
  readonly author: string;
  readonly text: string;
  /** Only the person who asked sees it. */
  readonly ephemeral: boolean;
  readonly atMs: number;
  /** Texts after each edit, oldest first; filling a deferred reply is one. */
  readonly edits: readonly { readonly text: string }[];
  readonly embeds: readonly unknown[];
  readonly components: readonly unknown[];
  readonly fileNames: readonly string[];
  readonly files: readonly ShownFile[];
  /** Whose phones it made ring, in any of its texts: `@everyone`, `@Adam`, `@DJ`. */
  readonly pings: readonly string[];
};

/** A person's interaction (a command, a button, a form, a half-typed option) and the bot's response. */
export interface Interaction extends Answers {
  readonly id: string;
  readonly sentAtMs: number;
  /** When the bot answered or deferred. */
  readonly ackedAtMs: number | undefined;
  /** The bot asked for time first. */
  readonly deferred: boolean;
  /** The first response; none while the bot is only thinking. For a button it may be the message it sits on. */
  readonly reply: ShownMessage | undefined;
  readonly followUps: readonly ShownMessage[];
  /** Suggestions for a half-typed option. */
  readonly choices: readonly unknown[] | undefined;
  /** A form the bot asked to be filled in. */
  readonly modal: unknown;
}

/**
 * Waiting for what the bot does, for up to 15 s.
 *
 * Errors: BotError `sandbox.failed` when it does not come. Aborting `signal` throws `signal.reason`.
 */
export interface Answers {
  /** The first response, deferred or not. */
  answered(signal: AbortSignal): Promise<ShownMessage>;
  /** The instant of the callback, whatever it was. */
  acknowledged(signal: AbortSignal): Promise<number>;
  /** The first message after the response. */
  followed(signal: AbortSignal): Promise<ShownMessage>;
  suggested(signal: AbortSignal): Promise<readonly unknown[]>;
  /** The form, which the person may now submit. */
  asked(signal: AbortSignal): Promise<unknown>;
}

export type InteractionKind = 'command' | 'component' | 'autocomplete' | 'modal';

export type Opening = {
  readonly id: string;
  readonly token: string;
  readonly kind: InteractionKind;
  readonly guildId: string;
  readonly channelId: string;
  readonly callerId: string;
  /** The message whose button was pressed, now or before the form was opened. */
  readonly message?: BoardMessage;
};

export function shown(message: BoardMessage): ShownMessage {
  const { id, text, ephemeral, postedAtMs, edits, embeds, components, files } = message;
  return {
    id,
    author: message.authorName,
    text,
    ephemeral,
    atMs: postedAtMs,
    edits,
    embeds,
    components,
    fileNames: files.map(({ name }) => name),
    files: files.map(shownFile),
    pings: message.pinged,
  };
}

export function shownFile({ name, type, sizeBytes, url }: ShownFile): ShownFile {
  return { name, type, sizeBytes, url };
}
