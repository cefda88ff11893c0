import { z } from 'zod';

/** Source: Discord docs, "Component Types". */
export const componentTypes = {
  row: 1,
  button: 2,
  textMenu: 3,
  textInput: 4,
  userMenu: 5,
  roleMenu: 6,
  channelMenu: 8,
  label: 18,
} as const;

const choice = z.looseObject({
  label: z.string(),
  value: z.string(),
  default: z.boolean().nullish(),
});

const fields = z.looseObject({
  type: z.int(),
  custom_id: z.string(),
  label: z.string().optional(),
  style: z.int().optional(),
  disabled: z.boolean().nullish(),
  options: z.array(choice).optional(),
  min_values: z.int().nullish(),
  max_values: z.int().nullish(),
  channel_types: z.array(z.int()).nullish(),
  default_values: z.array(z.looseObject({ id: z.string() })).nullish(),
  placeholder: z.string().nullish(),
});

/** A button or a menu somewhere in the components of a message. */
export type PressableComponent = z.output<typeof fields>;

/** A button or a menu, by the rules that Discord's published description leaves out. Links and premium buttons are not modelled. */
const pressable = fields
  .refine(({ type, label }) => type !== componentTypes.button || label !== undefined, 'No label.')
  .refine(hasFittingValues, 'Options or default values do not fit.');

const row = z
  .looseObject({ type: z.literal(componentTypes.row), components: z.array(pressable) })
  .refine(
    ({ components }) =>
      components.length === 1 || components.every(({ type }) => type === componentTypes.button),
    'A menu stands alone in its row.',
  );

/** The components of a message: rows alone. Source: Discord docs, "Component Reference". */
export const messageComponents = z
  .array(row)
  .max(5)
  .refine(hasUniqueIds, 'Component custom id cannot be duplicated');

const label = z.looseObject({ type: z.literal(componentTypes.label), component: pressable });

/** A form as a bot opens it. Source: Discord docs, "Modal". */
export const modalSchema = z
  .looseObject({ components: z.array(label).max(5) })
  .refine(hasUniqueIds, 'Component custom id cannot be duplicated');

/** Every part with a custom id, however deep. */
export function pressables(components: unknown): readonly PressableComponent[] {
  if (typeof components !== 'object' || components === null) return [];
  const itself = pressable.safeParse(components);
  const inside = Object.values(components).flatMap((each) => pressables(each));
  return itself.success ? [itself.data, ...inside] : inside;
}

function hasUniqueIds(components: unknown): boolean {
  const ids = pressables(components).map(({ custom_id }) => custom_id);
  return new Set(ids).size === ids.length;
}

/** Whether the options of a menu differ, and it takes as many values as are chosen before. */
function hasFittingValues(menu: PressableComponent): boolean {
  const { default_values, max_values, min_values, options } = menu;
  const most = max_values ?? 1;
  if (!options) {
    const count = default_values?.length;
    return count === undefined || (count >= (min_values ?? 1) && count <= most);
  }
  const chosen = options.filter((option) => option.default === true);
  const values = new Set(options.map(({ value }) => value));
  return values.size === options.length && most <= options.length && chosen.length <= most;
}
