import {
  componentTypes,
  type PressableComponent,
  pressables,
} from '#sandbox/rest/rest-components.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import type { Roster } from '#sandbox/sandbox-guild.ts';
import { channelTypes, type Json } from '#sandbox/world/world-json.ts';

/** Something to choose, as Discord names it to bots and shows it to people. */
type ShownChoice = {
  readonly label: string;
  readonly value: string;
  readonly chosen: boolean;
};

/** A menu of a message or a form. */
type ShownMenu = {
  readonly customId: string;
  readonly placeholder: string;
  readonly disabled: boolean;
  readonly least: number;
  readonly most: number;
  readonly choices: readonly ShownChoice[];
};

/** A form that the bot asked somebody to fill in; `id` is that of the interaction. */
type ShownForm = {
  readonly id: string;
  readonly title: string;
  readonly fields: readonly ShownField[];
};

/** A line or a text of a form, or a menu in it. */
type ShownField = {
  readonly customId: string;
  readonly label: string;
  readonly required: boolean;
  readonly isLong: boolean;
  readonly value: string;
  readonly mostLength: number;
  readonly menu?: ShownMenu;
};

/** Whom and what menus of people, channels and roles offer: those of the first server. */
export function menuNames(sandbox: Pick<Sandbox, 'guild'>): Roster {
  return sandbox.guild().roster();
}

/** Longest text that a form takes. Source: Discord docs, "Component Reference". */
const mostLength = 4_000;
const longStyle = 2;

/** Menus anywhere in the components of a message. */
export function menusIn(components: unknown, names: Roster): readonly ShownMenu[] {
  const { button, textInput } = componentTypes;
  return pressables(components)
    .filter(({ type }) => type !== button && type !== textInput)
    .map(({ custom_id, disabled, min_values, max_values, ...menu }) => ({
      customId: custom_id,
      placeholder: menu.placeholder ?? 'Choose',
      disabled: disabled === true,
      least: min_values ?? 1,
      most: max_values ?? 1,
      choices:
        menu.options?.map(({ label, value, default: chosen }) => ({
          label,
          value,
          chosen: chosen === true,
        })) ?? offered(menu, names),
    }));
}

/** The form of a modal that the sandbox has taken, so its shape is known. */
export function formOf(id: string, modal: unknown, names: Roster): ShownForm {
  const { title, components } = modal as { readonly title: string; readonly components: Json[] };
  return { id, title, fields: components.map((part) => fieldOf(part, names)) };
}

function fieldOf(part: Json, names: Roster): ShownField {
  const input = part.component as Json;
  const [menu] = menusIn([input], names);
  return {
    customId: String(input.custom_id),
    label: String(part.label),
    required: input.required !== false,
    isLong: input.style === longStyle,
    value: String(input.value ?? ''),
    mostLength: Number(input.max_length ?? mostLength),
    menu,
  };
}

function offered(
  {
    type,
    channel_types,
    default_values,
  }: Pick<PressableComponent, 'type' | 'channel_types' | 'default_values'>,
  { people, channels, roles }: Roster,
): readonly ShownChoice[] {
  const { userMenu, roleMenu, channelMenu } = componentTypes;
  const fits = ({ kind }: Roster['channels'][number]) =>
    !channel_types || channel_types.length === 0 || channel_types.includes(channelTypes[kind]);
  const all = [
    ...(type === channelMenu ? channels.filter(fits) : []),
    ...(type === userMenu ? people : []),
    ...(type === roleMenu ? roles : []),
  ];
  const chosen = new Set(default_values?.map(({ id }) => id));
  return all.map(({ id, name }) => ({ label: name, value: name, chosen: chosen.has(id) }));
}
