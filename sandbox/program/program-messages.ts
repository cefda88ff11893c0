import { shownFile } from '#sandbox/interactions/interaction.ts';
import type { MessageChange } from '#sandbox/world/world-messages.ts';
import type { MessageLine, ShownButton } from './protocol.ts';

/** Rows hold buttons, and containers hold rows; nothing goes deeper. */
const deepest = 4;
/** Source: Discord docs, "Component Reference". */
const buttonType = 2;
const usualStyle = 2;

/** A message of the bot, for the reader of the lines. A deferred reply is told of when it is filled. */
export function messageLine(
  { kind, message }: MessageChange,
  nameOf: (channelOrUserId: string) => string,
  atMs: number,
): MessageLine | undefined {
  if (message.loading) return undefined;
  const { ephemeral, forUserId, id, channelId, text, components, files } = message;
  return {
    kind: 'message',
    change: kind,
    messageId: id,
    channel: nameOf(channelId),
    author: message.authorName,
    text,
    buttons: buttonsIn(components, deepest),
    files: files.map(shownFile),
    ...(ephemeral && forUserId !== undefined ? { to: nameOf(forUserId) } : {}),
    atMs,
  };
}

/** In the order a person reads them, wherever they stand in rows and containers. */
function buttonsIn(components: readonly unknown[], levels: number): ShownButton[] {
  if (levels === 0) return [];
  return components.flatMap((component) => {
    const { type, components: inner, accessory, ...rest } = fieldsOf(component);
    if (type === buttonType) return [buttonOf(rest)];
    const beside = accessory === undefined ? [] : [accessory];
    return buttonsIn([...listOf(inner), ...beside], levels - 1);
  });
}

function buttonOf(button: Readonly<Record<string, unknown>>): ShownButton {
  const { custom_id: customId, label, disabled, url, emoji, style } = button;
  const name = [label, fieldsOf(emoji).name, url].find((each) => typeof each === 'string');
  return {
    ...(typeof customId === 'string' ? { customId } : {}),
    label: String(name ?? 'no name'),
    disabled: disabled === true,
    style: typeof style === 'number' ? style : usualStyle,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
