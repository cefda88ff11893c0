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

/** Longest text that a form takes. Source: https://discord.com/developers/docs/components/reference */
const maxFieldLength = 4_000;
const paragraphStyle = 2;

/**
 * Lists menus anywhere in the components of a message, as `page/room/room-state.js`
 * describes them.
 */
export function toMenus(components: unknown, names: GuildRoster) {
  const { button, textInput } = componentTypes;
  return listPressables(components)
    .filter(({ type }) => type !== button && type !== textInput)
    .map(({ custom_id, disabled, min_values, max_values, ...menu }) => ({
      customId: custom_id,
      placeholder: menu.placeholder ?? 'Choose',
      disabled: disabled === true,
      min: min_values ?? 1,
      max: max_values ?? 1,
      choices:
        menu.options?.map(({ label, value, default: chosen }) => ({
          label,
          value,
          chosen: chosen === true,
        })) ?? listOffered(menu, names),
    }));
}

/** Describes the form of a modal that the sandbox has taken, so its shape is known. */
export function toForm(id: string, modal: unknown, names: GuildRoster) {
  const { title, components } = modal as {
    readonly title: string;
    readonly components: Json[];
  };
  return { id, title, fields: components.map((part) => toField(part, names)) };
}

function toField(part: Json, names: GuildRoster) {
  const input = part.component as Json;
  const [menu] = toMenus([input], names);
  return {
    customId: String(input.custom_id),
    label: String(part.label),
    required: input.required !== false,
    isLong: input.style === paragraphStyle,
    value: String(input.value ?? ''),
    mostLength: Number(input.max_length ?? maxFieldLength),
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
  const fits = ({ kind }: GuildRoster['channels'][number]) =>
    !channel_types ||
    channel_types.length === 0 ||
    channel_types.includes(channelTypes[kind]);
  const all = [
    ...(type === componentTypes.channelMenu ? channels.filter(fits) : []),
    ...(type === componentTypes.userMenu ? people : []),
    ...(type === componentTypes.roleMenu ? roles : []),
  ];
  const chosen = new Set(default_values?.map(({ id }) => id));
  return all.map(({ id, name }) => ({
    label: name,
    value: name,
    chosen: chosen.has(id),
  }));
}
