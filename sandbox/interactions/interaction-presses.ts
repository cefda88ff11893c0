import {
  componentTypes,
  listPressables,
  type PressableComponent,
} from '#sandbox/rest/rest-content.ts';
import type { Guild, World } from '#sandbox/world/world.ts';
import type { Json } from '#sandbox/world/world-json.ts';
import { ResolvedEntities } from './resolved-entities.ts';

/**
 * Builds the `data` for a button pressed, or values picked from a menu, among the
 * components a person sees. Values are people, roles and channels by name or id, or
 * options by label or value. A control that the message lacks is pressed all the same,
 * as a broken client would. For anything else that Discord's own client would not let
 * anybody do it throws a plain Error with one sentence.
 */
export function makePressData(
  world: World,
  guild: Guild,
  components: unknown,
  customId: string,
  values: readonly string[] | undefined,
): Json {
  const pressed =
    listPressables(components).find(({ custom_id }) => custom_id === customId) ??
    toUnseenError(customId, values);
  if (pressed.disabled) throw new Error(`${customId} is greyed out.`);
  const dataHead = { custom_id: pressed.custom_id, component_type: pressed.type };
  if (pressed.type === componentTypes.button) return dataHead;
  const resolved = new ResolvedEntities(world, guild);
  const picked = (values ?? []).map((text) => resolvePick(pressed, resolved, text));
  const { min_values, max_values } = pressed;
  if (picked.length < (min_values ?? 1) || picked.length > (max_values ?? 1)) {
    throw new Error(`${customId} does not take ${picked.length} values.`);
  }
  return { ...dataHead, values: picked, ...resolved.toJson() };
}

/** Values of a form's fields, by custom id. A menu in it takes a list. */
export type FormFields = Readonly<Record<string, string | readonly string[]>>;

/**
 * Builds the `data` of a form filled in. Throws a plain Error when a field is unknown,
 * missing or too long.
 */
export function makeFormData(modal: Json, fields: FormFields): Json {
  const inputs = listPressables(modal.components);
  const stray = Object.keys(fields).find(
    (id) => !inputs.some((input) => input.custom_id === id),
  );
  if (stray !== undefined) throw new Error(`The form has no ${stray}.`);
  const components = modal.components as readonly {
    type: number;
    id?: number;
    component: Json;
  }[];
  const filled = components.map(({ type, id, component }) => ({
    type,
    id,
    component: {
      type: component.type,
      id: component.id,
      custom_id: component.custom_id,
      ...toFieldEntry(component, fields),
    },
  }));
  return { custom_id: modal.custom_id, components: filled };
}

function toUnseenError(
  custom_id: string,
  values: readonly string[] | undefined,
): PressableComponent {
  if (!values) return { type: componentTypes.button, custom_id };
  const options = values.map((value) => ({ label: value, value }));
  return {
    type: componentTypes.textMenu,
    custom_id,
    options,
    max_values: options.length,
  };
}

function resolvePick(
  menu: PressableComponent,
  resolved: ResolvedEntities,
  text: string,
) {
  const value = findValue(menu, resolved, text);
  if (value === undefined) throw new Error(`${menu.custom_id} does not offer ${text}.`);
  return value;
}

function findValue(menu: PressableComponent, resolved: ResolvedEntities, text: string) {
  switch (menu.type) {
    case componentTypes.userMenu:
      return resolved.resolveUser(text);
    case componentTypes.roleMenu:
      return resolved.resolveRole(text);
    case componentTypes.channelMenu:
      return resolved.resolveChannel(text, menu.channel_types);
    default:
      return menu.options?.find(({ value, label }) => value === text || label === text)
        ?.value;
  }
}

function toFieldEntry(input: Json, fields: FormFields) {
  const { custom_id, value: preset, required, max_length } = input;
  const typed = fields[String(custom_id)] ?? (typeof preset === 'string' ? preset : '');
  if (required !== false && typed.length === 0)
    throw new Error(`The form needs ${custom_id}.`);
  if (typeof typed !== 'string') return { values: typed };
  if (typeof max_length === 'number' && typed.length > max_length) {
    throw new Error(`${custom_id} takes ${max_length} characters at most.`);
  }
  return { value: typed };
}
