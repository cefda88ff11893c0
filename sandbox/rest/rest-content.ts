import { z } from 'zod';
import {
  type BoardMessage,
  messageFlags,
  type PostedContent,
} from '#sandbox/world/world-messages.ts';
import { type MessageId, toMessageId } from '#src/base/ids.ts';
import type { FormFile } from './rest-body.ts';
import {
  type RestAnswer,
  type RestCall,
  refusalAnswers,
  withBody,
} from './rest-route.ts';

/** Numbers of the kinds of components. Source: https://discord.com/developers/docs/components/reference#component-object-component-types */
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

const choiceSchema = z.looseObject({
  label: z.string(),
  value: z.string(),
  default: z.boolean().nullish(),
});

const componentSchema: z.ZodType<PressableComponent> = z.looseObject({
  type: z.int(),
  custom_id: z.string(),
  label: z.string().optional(),
  style: z.int().optional(),
  disabled: z.boolean().nullish(),
  options: z.array(choiceSchema).optional(),
  min_values: z.int().nullish(),
  max_values: z.int().nullish(),
  channel_types: z.array(z.int()).nullish(),
  default_values: z.array(z.looseObject({ id: z.string() })).nullish(),
  placeholder: z.string().nullish(),
});

/** A button or a menu somewhere in the components of a message. */
export interface PressableComponent {
  readonly type: number;
  readonly custom_id: string;
  readonly label?: string;
  readonly style?: number;
  readonly disabled?: boolean | null;
  readonly options?: readonly {
    readonly label: string;
    readonly value: string;
    readonly default?: boolean | null;
  }[];
  readonly min_values?: number | null;
  readonly max_values?: number | null;
  readonly channel_types?: readonly number[] | null;
  readonly default_values?: readonly { readonly id: string }[] | null;
  readonly placeholder?: string | null;
}

/** A row of a message, which holds buttons or one menu. */
export interface MessageRow {
  readonly type: typeof componentTypes.row;
  readonly components: readonly PressableComponent[];
}

/** A form: each label has one field. */
export interface ModalContent {
  readonly components: readonly {
    readonly type: typeof componentTypes.label;
    readonly component: PressableComponent;
  }[];
}

/** The message in the body of a request. */
export interface ContentBody {
  readonly content?: string | null;
  readonly embeds?: readonly unknown[] | null;
  readonly components?: readonly MessageRow[] | null;
  readonly flags?: number | null;
  readonly attachments?:
    | readonly { readonly id: string; readonly description?: string | null }[]
    | null;
  readonly allowed_mentions?: {
    readonly parse?: readonly string[];
    readonly users?: readonly string[];
    readonly roles?: readonly string[];
    readonly replied_user?: boolean;
  } | null;
  readonly message_reference?: {
    readonly message_id?: MessageId;
    readonly fail_if_not_exists?: boolean;
  } | null;
}

/** A button or a menu, by the rules that Discord's published description leaves out. Links and premium buttons are not modelled. */
const pressableSchema = componentSchema
  .refine(
    ({ type, label }) => type !== componentTypes.button || label !== undefined,
    'No label.',
  )
  .refine(hasFittingValues, 'Options or default values do not fit.');

const rowSchema = z
  .looseObject({
    type: z.literal(componentTypes.row),
    components: z.array(pressableSchema),
  })
  .refine(
    ({ components }) =>
      components.length === 1 ||
      components.every(({ type }) => type === componentTypes.button),
    'A menu stands alone in its row.',
  );

/** The components of a message: rows alone. Source: https://discord.com/developers/docs/components/reference */
export const messageComponentsSchema: z.ZodType<MessageRow[]> = z
  .array(rowSchema)
  .max(5)
  .refine(hasUniqueIds, 'Component custom id cannot be duplicated');

const labelSchema = z.looseObject({
  type: z.literal(componentTypes.label),
  component: pressableSchema,
});

/** A form as a bot opens it. Source: https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal */
export const modalSchema: z.ZodType<ModalContent> = z
  .looseObject({ components: z.array(labelSchema).max(5) })
  .refine(hasUniqueIds, 'Component custom id cannot be duplicated');

/** Lists every part with a custom id, however deep. */
export function listPressables(components: unknown): readonly PressableComponent[] {
  if (typeof components !== 'object' || components === null) return [];
  const parsed = pressableSchema.safeParse(components);
  const nested = Object.values(components).flatMap((part) => listPressables(part));
  return parsed.success ? [parsed.data, ...nested] : nested;
}

function hasUniqueIds(components: unknown) {
  const ids = listPressables(components).map(({ custom_id }) => custom_id);
  return new Set(ids).size === ids.length;
}

/**
 * Returns whether the options of a menu differ, and the menu takes as many values as
 * are chosen before.
 */
function hasFittingValues(menu: PressableComponent) {
  const { default_values, max_values, min_values, options } = menu;
  const maxCount = max_values ?? 1;
  if (!options) {
    const count = default_values?.length;
    return count === undefined || (count >= (min_values ?? 1) && count <= maxCount);
  }
  const chosen = options.filter((option) => option.default === true);
  const values = new Set(options.map(({ value }) => value));
  return (
    values.size === options.length &&
    maxCount <= options.length &&
    chosen.length <= maxCount
  );
}

const idSchema = z.union([z.string(), z.int()]).transform(String);
const idsSchema = z.array(z.string()).optional();

/** The fields of a message that this Discord shows. Discord's published description bounds all but its text. */
export const contentSchema: z.ZodType<ContentBody> = z.looseObject({
  content: z.string().max(2000, 'Must be 2000 or fewer in length.').nullish(),
  embeds: z.array(z.unknown()).nullish(),
  components: messageComponentsSchema.nullish(),
  flags: z.int().nullish(),
  attachments: z
    .array(z.looseObject({ id: idSchema, description: z.string().nullish() }))
    .nullish(),
  allowed_mentions: z
    .looseObject({
      parse: idsSchema,
      users: idsSchema,
      roles: idsSchema,
      replied_user: z.boolean().optional(),
    })
    .nullish(),
  message_reference: z
    .looseObject({
      message_id: z.string().transform(toMessageId).optional(),
      fail_if_not_exists: z.boolean().optional(),
    })
    .nullish(),
});
/** Reads the message of a request. One that would show nothing is refused, as on Discord. */
export function withContent(
  call: RestCall,
  formerMessage: BoardMessage | undefined,
  then: (
    content: PostedContent,
    replyToId: MessageId | undefined,
    mayBeGone: boolean,
  ) => RestAnswer,
): RestAnswer {
  return withBody(contentSchema, call.body ?? {}, (body) => {
    const content = toContent(body, call.files);
    if (isEmpty(content, formerMessage)) return refusalAnswers.emptyMessage;
    const { message_id: replyToId, fail_if_not_exists: mustExist } =
      body.message_reference ?? {};
    return then(content, replyToId, mustExist === false);
  });
}

/** Joins the files of a form with their descriptions in the JSON. */
export function toContent(
  body: ContentBody,
  files: readonly FormFile[],
): PostedContent {
  const { attachments } = body;
  const isNew = (attachment: { readonly id: string }) =>
    files.some(({ index }) => index === attachment.id);
  return {
    content: body.content,
    embeds: body.embeds,
    components: body.components,
    flags: body.flags,
    allowedMentions: body.allowed_mentions,
    uploads: files.map(({ index, ...upload }) => {
      const description = attachments?.find(({ id }) => id === index)?.description;
      return description ? { ...upload, description } : upload;
    }),
    keptFileIds: attachments
      ?.filter((attachment) => !isNew(attachment))
      .map(({ id }) => id),
  };
}

/** Returns whether `formerMessage`, changed by `content`, would show nothing. */
export function isEmpty(content: PostedContent, formerMessage?: BoardMessage): boolean {
  const { text, embeds = [], components = [], files = [] } = formerMessage ?? {};
  const { keptFileIds } = content;
  const stay = files.filter((file) => keptFileIds?.includes(file.id) ?? true);
  const shownFields = [
    content.content === undefined ? text : content.content,
    (content.embeds ?? embeds).length,
    (content.components ?? components).length,
    stay.length,
    content.uploads?.length,
  ];
  return !shownFields.some(Boolean);
}

/** Returns whether only the caller is to see the message. */
export function isEphemeral({ flags }: PostedContent): boolean {
  return ((flags ?? 0) & messageFlags.ephemeral) !== 0;
}
