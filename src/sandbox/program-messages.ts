import { type Shown, shown } from './interaction.ts';
import type { ButtonShown, MessageLine } from './protocol.ts';
import type { MessageChange } from './world-messages.ts';

/** As many as the sandbox keeps itself; the oldest is forgotten first. */
const keptLimit = 500;
/** Rows hold buttons, and containers hold rows; nothing goes deeper. */
const deepest = 4;
/** Source: Discord docs, "Component Reference". */
const buttonType = 2;

/** The messages people saw, private ones too, so that a line can name one by its id. */
export class SeenMessages {
  readonly #byId = new Map<string, Shown>();

  note({ kind, message }: MessageChange): void {
    this.#byId.delete(message.id);
    if (kind === 'deleted') return;
    this.#byId.set(message.id, shown(message));
    const [oldest] = this.#byId.keys();
    if (oldest !== undefined && this.#byId.size > keptLimit) this.#byId.delete(oldest);
  }

  find(id: string): Shown | undefined {
    return this.#byId.get(id);
  }
}

/** What the bot wrote, for whoever reads the lines. A deferred reply is told of when it is filled. */
export function messageLine(
  { kind, message }: MessageChange,
  nameOf: (channelOrUserId: string) => string,
  atMs: number,
): MessageLine | undefined {
  if (message.loading) return undefined;
  const { ephemeral, forUserId, id, channelId, text, components } = message;
  return {
    kind: 'message',
    change: kind,
    messageId: id,
    channel: nameOf(channelId),
    text,
    buttons: buttonsIn(components, deepest),
    ...(ephemeral && forUserId !== undefined ? { to: nameOf(forUserId) } : {}),
    atMs,
  };
}

/** In the order a person reads them, wherever they stand in rows and containers. */
function buttonsIn(components: readonly unknown[], levels: number): ButtonShown[] {
  if (levels === 0) return [];
  return components.flatMap((component) => {
    const { type, components: inner, accessory, ...rest } = fieldsOf(component);
    if (type === buttonType) return [buttonOf(rest)];
    const beside = accessory === undefined ? [] : [accessory];
    return buttonsIn([...listOf(inner), ...beside], levels - 1);
  });
}

function buttonOf(button: Readonly<Record<string, unknown>>): ButtonShown {
  const { custom_id: customId, label, disabled, url, emoji } = button;
  const name = [label, fieldsOf(emoji).name, url].find((each) => typeof each === 'string');
  return {
    ...(typeof customId === 'string' ? { customId } : {}),
    label: String(name ?? 'no name'),
    disabled: disabled === true,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
