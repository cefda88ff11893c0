import { z } from 'zod';
import { type Answer, type RestCall, refusals, withBody } from './rest-route.ts';
import { type Content, type Message, messageFlags } from './world-messages.ts';

/** The fields of a message that this Discord shows, with Discord's bounds; others are let through unread. */
export const contentSchema = z.looseObject({
  content: z.string().max(2000, 'Must be 2000 or fewer in length.').nullish(),
  embeds: z.array(z.unknown()).max(10).nullish(),
  components: z.array(z.unknown()).max(40).nullish(),
  flags: z.int().nullish(),
});

/** Reads the message of a request; one that would show nothing is refused, as on Discord. */
export function withContent(
  call: RestCall,
  former: Message | undefined,
  then: (content: Content) => Answer,
): Answer {
  return withBody(contentSchema, call.body ?? {}, (body) => {
    const content: Content = { ...body, fileNames: call.fileNames };
    return isEmpty(content, former) ? refusals.emptyMessage : then(content);
  });
}

/** Whether `content`, put over what `former` shows, shows nothing. */
export function isEmpty(content: Content, former?: Message): boolean {
  const { text, embeds = [], components = [], fileNames = [] } = former ?? {};
  const shows = [
    content.content === undefined ? text : content.content,
    (content.embeds ?? embeds).length,
    (content.components ?? components).length,
    fileNames.length,
    content.fileNames?.length,
  ];
  return !shows.some(Boolean);
}

export function isEphemeral({ flags }: Content): boolean {
  return ((flags ?? 0) & messageFlags.ephemeral) !== 0;
}
