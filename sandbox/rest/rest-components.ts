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

const customId = z.string().min(1).max(100);
/** Links and premium buttons are not modelled. */
const button = z.looseObject({
  type: z.literal(componentTypes.button),
  style: z.int().min(1).max(4),
  label: z.string().max(80),
  custom_id: customId,
  disabled: z.boolean().nullish(),
});
const menuFields = {
  custom_id: customId,
  placeholder: z.string().max(150).nullish(),
  min_values: z.int().min(0).max(25).nullish(),
  max_values: z.int().min(1).max(25).nullish(),
  disabled: z.boolean().nullish(),
};
const choice = z.looseObject({
  label: z.string().min(1).max(100),
  value: z.string().min(1).max(100),
  description: z.string().max(100).nullish(),
  default: z.boolean().nullish(),
});
const textMenu = z
  .looseObject({
    ...menuFields,
    type: z.literal(componentTypes.textMenu),
    options: z.array(choice).min(1).max(25),
  })
  .refine(({ max_values, options }) => (max_values ?? 1) <= options.length, 'Too few options.')
  .refine(
    ({ options }) => new Set(options.map(({ value }) => value)).size === options.length,
    'The value of an option is already used.',
  )
  .refine(
    ({ max_values, options }) =>
      options.filter((option) => option.default === true).length <= (max_values ?? 1),
    'Too many options are chosen.',
  );
const { userMenu, roleMenu, channelMenu } = componentTypes;
const otherMenu = z
  .looseObject({
    ...menuFields,
    type: z.literal([userMenu, roleMenu, channelMenu]),
    channel_types: z.array(z.int()).nullish(),
    default_values: z
      .array(z.looseObject({ id: z.string(), type: z.enum(['user', 'role', 'channel']) }))
      .nullish(),
  })
  .refine(
    ({ default_values: chosen, min_values, max_values }) =>
      !chosen || (chosen.length >= (min_values ?? 1) && chosen.length <= (max_values ?? 1)),
    'The number of default values is out of range.',
  );
const menu = z.union([textMenu, otherMenu]);
const row = z.looseObject({
  type: z.literal(componentTypes.row),
  components: z.union([z.array(button).min(1).max(5), z.array(menu).length(1)]),
});
/** The components of a message: rows alone. Source: Discord docs, "Component Reference". */
export const messageComponents = z
  .array(row)
  .max(5)
  .refine(uniqueIds, 'Component custom id cannot be duplicated');

const textInput = z.looseObject({
  type: z.literal(componentTypes.textInput),
  custom_id: customId,
  style: z.literal([1, 2]),
  min_length: z.int().min(0).max(4000).nullish(),
  max_length: z.int().min(1).max(4000).nullish(),
  required: z.boolean().nullish(),
  value: z.string().max(4000).nullish(),
});
const label = z.looseObject({
  type: z.literal(componentTypes.label),
  label: z.string().min(1).max(45),
  description: z.string().max(100).nullish(),
  component: z.union([textInput, menu]),
});

/** A form as a bot opens it. Source: Discord docs, "Modal". */
export const modalSchema = z
  .looseObject({
    custom_id: customId,
    title: z.string().min(1).max(45),
    components: z.array(label).min(1).max(5),
  })
  .refine(({ components }) => uniqueIds(components), 'Component custom id cannot be duplicated');

const pressable = z.looseObject({
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
export type PressableComponent = z.output<typeof pressable>;

/** Every part with a custom id, however deep. */
export function pressables(components: unknown): readonly PressableComponent[] {
  if (typeof components !== 'object' || components === null) return [];
  const itself = pressable.safeParse(components);
  const inside = Object.values(components).flatMap((each) => pressables(each));
  return itself.success ? [itself.data, ...inside] : inside;
}

function uniqueIds(components: unknown): boolean {
  const ids = pressables(components).map(({ custom_id }) => custom_id);
  return new Set(ids).size === ids.length;
}
