import { type ShownFile, toShownFile } from '#sandbox/interactions/interactions.ts';
import { componentTypes, listPressables } from '#sandbox/rest/rest-content.ts';
import type { MessageChange } from '#sandbox/world/world-messages.ts';
import type { ChannelId, MessageId, PersonId } from '#src/base/ids.ts';

/** A button below a message. `style` is Discord's number of its colour. */
export interface MessageButton {
  readonly customId: string;
  readonly label: string;
  readonly disabled: boolean;
  readonly style: number | undefined;
}

/** A message of the bot as a line for the program. */
export interface MessageLine {
  readonly kind: 'message';
  readonly change: MessageChange['kind'];
  readonly messageId: MessageId;
  /** Name of the channel. */
  readonly channel: string;
  /** Name of the author. */
  readonly author: string;
  readonly text: string;
  readonly buttons: readonly MessageButton[];
  readonly files: readonly ShownFile[];
  /** Name of the only reader of a private message. */
  readonly to: string | undefined;
  readonly atMs: number;
}

/**
 * Describes a message of the bot for the reader of the lines. A deferred reply is left
 * out until it is filled.
 */
export function toMessageLine(
  { kind, message }: MessageChange,
  nameOf: (id: ChannelId | PersonId) => string,
  atMs: number,
): MessageLine | undefined {
  if (message.loading) return undefined;
  const isPrivate = message.ephemeral && message.forUserId !== undefined;
  return {
    kind: 'message',
    change: kind,
    messageId: message.id,
    channel: nameOf(message.channelId),
    author: message.authorName,
    text: message.text,
    buttons: listButtons(message.components),
    files: message.files.map(toShownFile),
    to: isPrivate ? nameOf(message.forUserId) : undefined,
    atMs,
  };
}

function listButtons(components: readonly unknown[]): readonly MessageButton[] {
  return listPressables(components)
    .filter(({ type }) => type === componentTypes.button)
    .map(({ custom_id, label, disabled, style }) => ({
      customId: custom_id,
      label: `${label}`,
      disabled: disabled === true,
      style,
    }));
}
