import { componentTypes, pressables } from '#sandbox/rest/rest-components.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import type { Json } from '#sandbox/world/world-json.ts';

/** Something to choose, as Discord names it to bots and shows it to people. */
type ShownChoice = { readonly label: string; readonly value: string };

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

/** Names of whom and what menus of people and channels offer. */
type MenuNames = { readonly people: readonly string[]; readonly channels: readonly string[] };

/** Of the first server. */
export function menuNames(sandbox: Pick<Sandbox, 'guild'>): MenuNames {
  const { people, channels } = sandbox.guild().roster();
  return { people: people.map(({ name }) => name), channels: channels.map(({ name }) => name) };
}

/** Longest text that a form takes. Source: Discord docs, "Component Reference". */
const mostLength = 4_000;
const longStyle = 2;

/** Menus anywhere in the components of a message; those of roles offer nothing. */
export function menusIn(components: unknown, names: MenuNames): readonly ShownMenu[] {
  const { button, textInput } = componentTypes;
  return pressables(components)
    .filter(({ type }) => type !== button && type !== textInput)
    .map(({ custom_id, disabled, min_values, max_values, ...menu }) => ({
      customId: custom_id,
      placeholder: menu.placeholder ?? 'Choose',
      disabled: disabled === true,
      least: min_values ?? 1,
      most: max_values ?? 1,
      choices: (menu.options ?? offered(menu.type, names)).map(({ label, value }) => ({
        label,
        value,
      })),
    }));
}

/** The form of a modal that the sandbox has taken, so its shape is known. */
export function formOf(id: string, modal: unknown, names: MenuNames): ShownForm {
  const { title, components } = modal as { readonly title: string; readonly components: Json[] };
  return { id, title, fields: components.map((part) => fieldOf(part, names)) };
}

/** Of a row with one input, or of a label with one. */
function fieldOf(part: Json, names: MenuNames): ShownField {
  const input = (Array.isArray(part.components) ? part.components[0] : part.component) as Json;
  const [menu] = menusIn([input], names);
  return {
    customId: String(input.custom_id),
    label: String(part.label ?? input.label),
    required: input.required !== false,
    isLong: input.style === longStyle,
    value: String(input.value ?? ''),
    mostLength: Number(input.max_length ?? mostLength),
    ...(menu && { menu }),
  };
}

function offered(type: number, { people, channels }: MenuNames): readonly ShownChoice[] {
  const { userMenu, mentionableMenu, channelMenu } = componentTypes;
  const names =
    type === channelMenu ? channels : type === userMenu || type === mentionableMenu ? people : [];
  return names.map((name) => ({ label: name, value: name }));
}
