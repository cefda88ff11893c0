import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APISelectMenuComponent,
  ButtonStyle,
  ChannelType,
  ComponentType,
  MessageFlags,
  SelectMenuDefaultValueType,
} from 'discord.js';
import { splitIntoBatches } from '#src/base/batches.ts';
import type { SyncTiming } from '#src/base/clock.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { Button, OpenedReply } from '#src/features/command.ts';
import type { Picker, PickerOption } from '#src/ports/picker.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import {
  escapeTextValues,
  maxMessageChars,
  takeFirstChars,
  truncate,
} from '#src/texts/plain-text.ts';
import { type AnyLine, formatText, type Locale } from '#src/texts/texts.ts';

export type MessageDeps = {
  readonly buttons: ReadonlyMap<string, Button>;
  readonly timing: SyncTiming;
  readonly report: (event: DiscordEvent) => void;
};

export type ButtonRow = APIActionRowComponent<APIButtonComponentWithCustomId>;

/** A message that pings nobody and shows no preview of a link. */
export type MessageBody = {
  readonly content: string;
  readonly allowedMentions: { readonly parse: [] };
  readonly components?: (ButtonRow | APIActionRowComponent<APISelectMenuComponent>)[];
  /** Bits of `MessageFlags`. */
  readonly flags: number;
  readonly files?:
    | readonly { readonly name: string; readonly attachment: Buffer }[]
    | undefined;
};

export type Languages = { readonly caller: Locale; readonly room: Locale };

/** Source: Discord docs, "Action Row". */
const buttonsPerRow = 5;
/** Source: Discord docs, "Button". */
const maxButtonChars = 80;
/** Source: Discord docs, "String Select". */
const [maxLabelChars, maxPlaceholderChars] = [100, 150];
const buttonStyles = {
  plain: ButtonStyle.Secondary,
  main: ButtonStyle.Primary,
  danger: ButtonStyle.Danger,
} as const;

/** Parses the id of a button, menu or form. An id of others has an empty name. */
export function parseCustomId(customId: string): {
  readonly name: string;
  readonly about?: string;
} {
  const [, name = '', about] = /^parley:([^:]*)(?::(.*))?$/s.exec(customId) ?? [];
  return { name, about };
}

/** Converts a name to an id for Discord, which is the same in every run. */
export function toCustomId(name: string): string {
  return `parley:${name}`;
}

/** Renders a reply for Discord. Throws for a button without a press. */
export function renderMessage(
  reply: OpenedReply,
  languages: Languages,
  buttons: ReadonlyMap<string, Button>,
): MessageBody {
  const isPrivate = reply.to !== 'room';
  const locale = isPrivate ? languages.caller : languages.room;
  const body = renderLines([reply, ...(reply.lines ?? [])], locale);
  return {
    ...body,
    ...((reply.buttons || reply.pickers || reply.inPlace) && {
      components: [
        ...(reply.pickers ?? []).map((picker) => ({
          type: ComponentType.ActionRow as const,
          components: [renderMenu(picker, locale)],
        })),
        ...renderButtonRows(reply.buttons ?? [], locale, buttons, reply.buttonLabels),
      ],
    }),
    flags: body.flags | (isPrivate ? MessageFlags.Ephemeral : 0),
    files: reply.files?.map(toFileUpload),
  };
}

/** Renders lines as one message. Names of people and channels are escaped. */
export function renderLines(lines: readonly AnyLine[], locale: Locale): MessageBody {
  const sentences = lines.map((textLine) => renderSentence(textLine, locale));
  return toMessageBody(sentences.join('\n'));
}

/** Cuts a text to a message without pings and previews. */
export function toMessageBody(text: string): MessageBody {
  // Discord would fetch a link for a preview, and a model may have written the link.
  const content = truncate(text, maxMessageChars);
  return {
    content,
    allowedMentions: { parse: [] },
    flags: MessageFlags.SuppressEmbeds,
  };
}

/** Renders a sentence, with names of people and channels escaped. */
export function renderSentence(
  { id, with: values = {} }: AnyLine,
  locale: Locale,
): string {
  return formatText(id, escapeTextValues(values), locale);
}

/** Renders buttons in rows of five. Throws for a name without a button. */
export function renderButtonRows(
  names: readonly string[],
  locale: Locale,
  buttons: ReadonlyMap<string, Button>,
  labels: Readonly<Record<string, string>> = {},
): readonly ButtonRow[] {
  const components = names.map((name) =>
    renderButton(name, labels[name], locale, buttons),
  );
  const rows = splitIntoBatches(components, () => 1, { maxSize: buttonsPerRow });
  return rows.map((row) => ({ type: ComponentType.ActionRow, components: [...row] }));
}

function renderButton(
  name: string,
  label: string | undefined,
  locale: Locale,
  buttons: ReadonlyMap<string, Button>,
): APIButtonComponentWithCustomId {
  const [pressName = ''] = name.split(':');
  const button = buttons.get(pressName);
  if (!button) throw new Error(`There is no press named ${pressName}.`);
  return {
    type: ComponentType.Button,
    style: buttonStyles[button.style],
    label: takeFirstChars(
      label ?? formatText(button.label, {}, locale),
      maxButtonChars,
    ),
    custom_id: toCustomId(name),
  };
}

function renderMenu(picker: Picker, locale: Locale): APISelectMenuComponent {
  const { min, max, name, placeholder } = picker;
  const common = {
    custom_id: toCustomId(name),
    placeholder: truncate(renderSentence(placeholder, locale), maxPlaceholderChars),
    min_values: min,
    max_values: max,
  };
  const toDefaultValues = <Type extends SelectMenuDefaultValueType>(type: Type) =>
    'chosen' in picker && picker.chosen.length > 0
      ? { default_values: picker.chosen.map((id) => ({ id, type })) }
      : {};
  const { Channel, Role, User } = SelectMenuDefaultValueType;
  switch (picker.kind) {
    case 'one-of': {
      const options = picker.options.map((option) => renderMenuOption(option, locale));
      return { ...common, type: ComponentType.StringSelect, options };
    }
    case 'role':
      return { ...common, type: ComponentType.RoleSelect, ...toDefaultValues(Role) };
    case 'person':
      return { ...common, type: ComponentType.UserSelect, ...toDefaultValues(User) };
    case 'text-channel':
    case 'voice-channel': {
      const channel_types = [...channelTypes[picker.kind]];
      return {
        ...common,
        type: ComponentType.ChannelSelect,
        channel_types,
        ...toDefaultValues(Channel),
      };
    }
  }
}

function renderMenuOption(
  { value, label, description, isChosen }: PickerOption,
  locale: Locale,
) {
  return {
    value,
    label: takeFirstChars(label, maxLabelChars),
    description:
      description && takeFirstChars(formatText(description, {}, locale), maxLabelChars),
    default: isChosen,
  };
}

const channelTypes = {
  'text-channel': [ChannelType.GuildText, ChannelType.GuildAnnouncement],
  'voice-channel': [ChannelType.GuildVoice, ChannelType.GuildStageVoice],
} as const;

function toFileUpload(file: ReplyFile) {
  const attachment = 'text' in file ? Buffer.from(file.text) : Buffer.from(file.bytes);
  return { name: file.name, attachment };
}
