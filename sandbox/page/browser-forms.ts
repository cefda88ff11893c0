import {
  componentTypes,
  listPressables,
  type PressableComponent,
} from '#sandbox/rest/rest-content.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import type { GuildRoster } from '#sandbox/sandbox-guild.ts';
import { channelTypes, type Json } from '#sandbox/world/world-json.ts';

/** Lists the people, channels and roles of the first server, which menus of the page offer. */
export function listMenuNames(sandbox: Pick<Sandbox, 'guild'>): GuildRoster {
  return sandbox.guild().roster();
}

/** A choice that a menu offers. */
interface MenuChoice {
  readonly label: string;
  readonly value: string;
  /** Chosen before anybody opened the menu. */
  readonly chosen: boolean;
}

/** A menu of a message or a form. */
export interface BrowserMenu {
  readonly customId: string;
  /** Absent: the page has a word of its own. */
  readonly placeholder: string | undefined;
  readonly disabled: boolean;
  /** Fewest choices that may be picked. */
  readonly minCount: number;
  /** Most choices that may be picked. */
  readonly maxCount: number;
  readonly choices: readonly MenuChoice[];
}

/** A field of a form: a text, or a menu where `menu` is there. */
export interface BrowserFormField {
  readonly customId: string;
  readonly label: string;
  readonly required: boolean;
  /** A paragraph instead of one line. */
  readonly isLong: boolean;
  readonly value: string;
  /** Longest text, in characters. */
  readonly maxLength: number;
  readonly menu: BrowserMenu | undefined;
}

/** A form that the bot has opened for the reader of the page. */
export interface BrowserForm {
  /** Id of the interaction that the form answers. */
  readonly id: string;
  readonly title: string;
  readonly fields: readonly BrowserFormField[];
}

/** Longest text that a form takes. Source: https://discord.com/developers/docs/components/reference */
const maxFieldLength = 4_000;
const paragraphStyle = 2;

/**
 * Lists menus anywhere in the components of a message, as `page/room/room-types.js`
 * describes them.
 */
export function toMenus(components: unknown, names: GuildRoster): BrowserMenu[] {
  const { button, textInput } = componentTypes;
  return listPressables(components)
    .filter(({ type }) => type !== button && type !== textInput)
    .map(({ custom_id, disabled, min_values, max_values, ...menu }) => ({
      customId: custom_id,
      placeholder: menu.placeholder ?? undefined,
      disabled: disabled === true,
      minCount: min_values ?? 1,
      maxCount: max_values ?? 1,
      choices:
        menu.options?.map(({ label, value, default: isChosen }) => ({
          label,
          value,
          chosen: isChosen === true,
        })) ?? listOffered(menu, names),
    }));
}

/** Describes the form of a modal that the sandbox has taken, so its shape is known. */
export function toForm(id: string, modal: unknown, names: GuildRoster): BrowserForm {
  const { title, components } = modal as {
    readonly title: string;
    readonly components: Json[];
  };
  return { id, title, fields: components.map((label) => toField(label, names)) };
}

function toField(label: Json, names: GuildRoster): BrowserFormField {
  const input = label.component as Json;
  const [menu] = toMenus([input], names);
  return {
    customId: String(input.custom_id),
    label: String(label.label),
    required: input.required !== false,
    isLong: input.style === paragraphStyle,
    value: String(input.value ?? ''),
    maxLength: Number(input.max_length ?? maxFieldLength),
    menu,
  };
}

function listOffered(
  {
    type,
    channel_types,
    default_values,
  }: Pick<PressableComponent, 'type' | 'channel_types' | 'default_values'>,
  { people, channels, roles }: GuildRoster,
) {
  const isOffered = ({ kind }: GuildRoster['channels'][number]) =>
    !channel_types ||
    channel_types.length === 0 ||
    channel_types.includes(channelTypes[kind]);
  const entries = [
    ...(type === componentTypes.channelMenu ? channels.filter(isOffered) : []),
    ...(type === componentTypes.userMenu ? people : []),
    ...(type === componentTypes.roleMenu ? roles : []),
  ];
  const chosenIds = new Set(default_values?.map(({ id }) => id));
  return entries.map(({ id, name }) => ({
    label: name,
    value: name,
    chosen: chosenIds.has(id),
  }));
}
