import { toPersonId } from '#src/base/ids.ts';
import type { OpenedReply, Replies } from '#src/features/command.ts';
import { openReply, type ReplyReader } from '#src/features/open-reply.ts';
import { Owned } from '#src/people/owned.ts';

/** A person who may open every channel. */
export const insider: ReplyReader = {
  personId: toPersonId('adam'),
  mayOpen: async () => true,
};

/** Opens replies as their reader gets them. */
export async function openReplies(
  [first, ...others]: Replies,
  reader: ReplyReader = insider,
): Promise<readonly [OpenedReply, ...OpenedReply[]]> {
  const opened = await Promise.all(others.map((reply) => openReply(reply, reader)));
  return [await openReply(first, reader), ...opened];
}

/** Opens a value as a person who may open every channel gets it. Undefined once it is erased. */
export function openOwned<Value>(
  value: Owned<Value>,
  { mayOpen, personId }: ReplyReader = insider,
): Promise<Value | undefined> {
  return value.findForPerson(personId, mayOpen);
}

/** Replaces each owned value in an outcome by what this reader gets of it. */
export async function openDeeply(
  outcome: unknown,
  reader: ReplyReader = insider,
): Promise<unknown> {
  if (outcome instanceof Owned)
    return await openDeeply(await openOwned(outcome, reader), reader);
  if (Array.isArray(outcome))
    return await Promise.all(outcome.map((each) => openDeeply(each, reader)));
  if (typeof outcome !== 'object' || outcome === null) return outcome;
  const entries = Object.entries(outcome).map(
    async ([key, value]) => [key, await openDeeply(value, reader)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
