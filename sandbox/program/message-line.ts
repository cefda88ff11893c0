import { toShownFile } from '#sandbox/interactions/interactions.ts';
import { componentTypes, listPressables } from '#sandbox/rest/rest-content.ts';
import type { MessageChange } from '#sandbox/world/world-messages.ts';

/** A message of the bot as a line for the program. `to` names the only reader of a private message. */
export type MessageLine = NonNullable<ReturnType<typeof toMessageLine>>;

/**
 * Describes a message of the bot for the reader of the lines. A deferred reply is left
 * out until it is filled.
 */
export function toMessageLine(
  { kind, message }: MessageChange,
  nameOf: (channelOrUserId: string) => string,
  atMs: number,
) {
  if (message.loading) return undefined;
  return {
    kind: 'message' as const,
    change: kind,
    messageId: message.id,
    channel: nameOf(message.channelId),
    author: message.authorName,
    text: message.text,
    buttons: listPressables(message.components).flatMap(
      ({ type, custom_id, label, disabled, style }) =>
        type === componentTypes.button
          ? [
              {
                customId: custom_id,
                label: `${label}`,
                disabled: disabled === true,
                style,
              },
            ]
          : [],
    ),
    files: message.files.map(toShownFile),
    to:
      message.ephemeral && message.forUserId !== undefined
        ? nameOf(message.forUserId)
        : undefined,
    atMs,
  };
}
