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
  const { ephemeral, forUserId, id, channelId, text, components, files } = message;
  return {
    kind: 'message' as const,
    change: kind,
    messageId: id,
    channel: nameOf(channelId),
    author: message.authorName,
    text,
    buttons: listPressables(components).flatMap(
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
    files: files.map(toShownFile),
    to: ephemeral && forUserId !== undefined ? nameOf(forUserId) : undefined,
    atMs,
  };
}
