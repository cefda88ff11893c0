import { z } from 'zod';
import { type BoardMessage, type Content, messageFlags } from '#sandbox/world/world-messages.ts';
import type { FormFile } from './rest-body.ts';
import { messageComponents } from './rest-components.ts';
import { type RestAnswer, type RestCall, refusals, withBody } from './rest-route.ts';

const id = z.union([z.string(), z.int()]).transform(String);
const ids = z.array(z.string()).optional();

/** The fields of a message that this Discord shows; Discord's published description bounds all but its text. */
export const contentSchema = z.looseObject({
  content: z.string().max(2000, 'Must be 2000 or fewer in length.').nullish(),
  embeds: z.array(z.unknown()).nullish(),
  components: messageComponents.nullish(),
  flags: z.int().nullish(),
  attachments: z.array(z.looseObject({ id, description: z.string().nullish() })).nullish(),
  allowed_mentions: z
    .looseObject({
      parse: ids,
      users: ids,
      roles: ids,
      replied_user: z.boolean().optional(),
    })
    .nullish(),
  message_reference: z
    .looseObject({
      message_id: z.string().optional(),
      fail_if_not_exists: z.boolean().optional(),
    })
    .nullish(),
});
type ContentBody = z.infer<typeof contentSchema>;

/** Reads the message of a request; one that would show nothing is refused, as on Discord. */
export function withContent(
  call: RestCall,
  former: BoardMessage | undefined,
  then: (content: Content, replyToId: string | undefined, mayBeGone: boolean) => RestAnswer,
): RestAnswer {
  return withBody(contentSchema, call.body ?? {}, (body) => {
    const content = contentOf(body, call.files);
    if (isEmpty(content, former)) return refusals.emptyMessage;
    const { message_id: replyToId, fail_if_not_exists: fails } = body.message_reference ?? {};
    return then(content, replyToId, fails === false);
  });
}

/** Files of the form and what the JSON says about them, in one. */
export function contentOf(body: ContentBody, files: readonly FormFile[]): Content {
  const listed = body.attachments;
  const isNew = (attachment: { readonly id: string }) =>
    files.some(({ place }) => place === attachment.id);
  return {
    content: body.content,
    embeds: body.embeds,
    components: body.components,
    flags: body.flags,
    allowedMentions: body.allowed_mentions,
    uploads: files.map(({ place, ...upload }) => {
      const description = listed?.find((each) => each.id === place)?.description;
      return description ? { ...upload, description } : upload;
    }),
    keptFileIds: listed?.filter((each) => !isNew(each)).map((each) => each.id),
  };
}

/** Whether `content`, put over what `former` shows, shows nothing. */
export function isEmpty(content: Content, former?: BoardMessage): boolean {
  const { text, embeds = [], components = [], files = [] } = former ?? {};
  const { keptFileIds } = content;
  const stay = files.filter((file) => keptFileIds?.includes(file.id) ?? true);
  const shows = [
    content.content === undefined ? text : content.content,
    (content.embeds ?? embeds).length,
    (content.components ?? components).length,
    stay.length,
    content.uploads?.length,
  ];
  return !shows.some(Boolean);
}

export function isEphemeral({ flags }: Content): boolean {
  return ((flags ?? 0) & messageFlags.ephemeral) !== 0;
}
