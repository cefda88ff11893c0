import { z } from 'zod';
import { findPlace, type World } from '#sandbox/world/world.ts';
import type { WorldChanges } from '#sandbox/world/world-changes.ts';
import { toMessageJson, toUserJson } from '#sandbox/world/world-json.ts';
import type { BoardMessage, MessageBoard } from '#sandbox/world/world-messages.ts';
import { isAllowed } from '#sandbox/world/world-permissions.ts';
import { type PersonId, toChannelId, toPersonId } from '#src/base/ids.ts';
import { withContent } from './rest-content.ts';
import {
  canWrite,
  getChannelId,
  getMessageId,
  withChannel,
  withOpenChannel,
} from './rest-place.ts';
import {
  makeRoute,
  noContent,
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusalAnswers,
  toOkAnswer,
  withBody,
} from './rest-route.ts';

/** Makes the routes of messages that the bot writes without an interaction. */
export function makeMessageRoutes(
  world: World,
  board: MessageBoard,
  changes: WorldChanges,
): readonly RestRoute[] {
  const path = '/channels/:channel/messages';
  const messagePath = `${path}/:message`;
  return [
    makeRoute('POST', path, (call) => postMessage(world, board, changes, call)),
    makeRoute('POST', '/users/@me/channels', (call) =>
      withBody(openingSchema, call.body, (body) =>
        openDirectChannel(world, body.recipient_id),
      ),
    ),
    makeRoute('PATCH', messagePath, (call) =>
      withOwnMessage(world, board, call, (message) =>
        withContent(call, message, (content) => {
          if (findPlace(world, message.channelId)?.channel.archived)
            return refusalAnswers.archived;
          return toOkAnswer(toMessageJson(world, board.edit(message, content)));
        }),
      ),
    ),
    makeRoute('DELETE', messagePath, (call) =>
      withOwnMessage(world, board, call, (message) => {
        board.remove(message);
        return noContent;
      }),
    ),
  ];
}

const openingSchema = z.looseObject({ recipient_id: z.string().transform(toPersonId) });

/**
 * Opens the channel of direct messages with a person, the same each time. Source:
 * https://discord.com/developers/docs/resources/user#create-dm
 */
function openDirectChannel(world: World, userId: PersonId) {
  const user = [...world.people.values()].find(({ id }) => id === userId);
  if (!user) return refusalAnswers.unknownUser;
  const [knownId] =
    [...world.directChannels].find(([, reader]) => reader === user) ?? [];
  const id = knownId ?? toChannelId(world.ids.mintId());
  world.directChannels.set(id, user);
  return toOkAnswer({ id, type: 1, recipients: [toUserJson(user)] });
}

/** Posts a direct message, which the bot and everybody in one of its servers may. */
function postDirectMessage(world: World, board: MessageBoard, call: RestCall) {
  return withContent(call, undefined, (content) => {
    const channelId = getChannelId(call);
    const posting = {
      channelId,
      authorId: world.bot.id,
      ephemeral: false,
      loading: false,
    };
    return toOkAnswer(
      toMessageJson(world, board.post({ ...posting, replyToId: undefined }, content)),
    );
  });
}

const onceSchema = z.looseObject({
  nonce: z.union([z.string().max(25), z.int()]),
  enforce_nonce: z.literal(true),
});

/** Posts a message, which wakes its thread. */
function postMessage(
  world: World,
  board: MessageBoard,
  changes: WorldChanges,
  call: RestCall,
) {
  const channelId = getChannelId(call);
  if (world.directChannels.has(channelId)) return postDirectMessage(world, board, call);
  return withOpenChannel(world, channelId, (channelPlace) =>
    withContent(call, undefined, (content, replyToId, mayBeGone) => {
      if (!canWrite(world, channelPlace, content)) return refusalAnswers.notPermitted;
      if (replyToId !== undefined && !mayBeGone && !board.find(replyToId)) {
        return refusalAnswers.unknownReference;
      }
      const { guild, channel } = channelPlace;
      const posting = {
        channelId: channel.id,
        authorId: world.bot.id,
        ephemeral: false,
        loading: false,
        replyToId,
      };
      changes.changeArchived(guild, channel, false);
      const savePost = () => board.post(posting, content);
      const parsed = onceSchema.safeParse(call.body);
      const message = parsed.success
        ? board.postOnce(`${parsed.data.nonce}`, savePost)
        : savePost();
      return toOkAnswer(toMessageJson(world, message));
    }),
  );
}

function withOwnMessage(
  world: World,
  board: MessageBoard,
  call: RestCall,
  then: (message: BoardMessage) => RestAnswer,
) {
  return withChannel(world, getChannelId(call), ({ guild, channel }) => {
    if (!isAllowed(world, guild, world.bot.id, 'viewChannel', channel))
      return refusalAnswers.forbidden;
    const message = board.find(getMessageId(call));
    if (message?.channelId !== channel.id || message.ephemeral)
      return refusalAnswers.unknownMessage;
    return message.authorId === world.bot.id
      ? then(message)
      : refusalAnswers.notOurMessage;
  });
}
