import { z } from 'zod';
import { placeOf, type World } from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { messageJson, userJson } from '#sandbox/world/world-json.ts';
import type { BoardMessage, MessageBoard } from '#sandbox/world/world-messages.ts';
import { may } from '#sandbox/world/world-permissions.ts';
import { withContent } from './rest-content.ts';
import { mayWrite, withChannel, withOpenChannel } from './rest-place.ts';
import {
  noContent,
  ok,
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusals,
  withBody,
} from './rest-route.ts';

/** Messages the bot writes of its own accord. */
export function messageRoutes(
  world: World,
  board: MessageBoard,
  changes: Changes,
): readonly RestRoute[] {
  const path = '/channels/:channel/messages';
  const one = `${path}/:message`;
  return [
    { method: 'POST', path, answer: (call) => post(world, board, changes, call) },
    {
      method: 'POST',
      path: '/users/@me/channels',
      answer: (call) =>
        withBody(opening, call.body, (body) => openDirect(world, body.recipient_id)),
    },
    {
      method: 'PATCH',
      path: one,
      answer: (call) =>
        withOwn(world, board, call, (message) =>
          withContent(call, message, (content) => {
            if (placeOf(world, message.channelId)?.channel.archived) return refusals.archived;
            return ok(messageJson(world, board.edit(message, content)));
          }),
        ),
    },
    {
      method: 'DELETE',
      path: one,
      answer: (call) =>
        withOwn(world, board, call, (message) => {
          board.remove(message);
          return noContent;
        }),
    },
  ];
}

const opening = z.looseObject({ recipient_id: z.string() });

/** The channel of direct messages with a person, the same each time. Source: Discord docs, "Create DM". */
function openDirect(world: World, userId: string): RestAnswer {
  const user = [...world.people.values()].find(({ id }) => id === userId);
  if (!user) return refusals.unknownUser;
  const [known] = [...world.directChannels].find(([, reader]) => reader === user) ?? [];
  const id = known ?? world.ids.next();
  world.directChannels.set(id, user);
  return ok({ id, type: 1, recipients: [userJson(user)] });
}

/** Direct messages are open to the bot, and to everybody who shares a server with it. */
function postDirect(world: World, board: MessageBoard, call: RestCall): RestAnswer {
  return withContent(call, undefined, (content) => {
    const channelId = call.param('channel');
    const posting = { channelId, authorId: world.bot.id, ephemeral: false, loading: false };
    return ok(messageJson(world, board.post({ ...posting, replyToId: undefined }, content)));
  });
}

const once = z.looseObject({
  nonce: z.union([z.string().max(25), z.int()]),
  enforce_nonce: z.literal(true),
});

/** A message wakes the thread it is written in. */
function post(world: World, board: MessageBoard, changes: Changes, call: RestCall): RestAnswer {
  if (world.directChannels.has(call.param('channel'))) return postDirect(world, board, call);
  return withOpenChannel(world, call.param('channel'), (place) =>
    withContent(call, undefined, (content, replyToId, mayBeGone) => {
      if (!mayWrite(world, place, content)) return refusals.notPermitted;
      if (replyToId !== undefined && !mayBeGone && !board.find(replyToId)) {
        return refusals.unknownReference;
      }
      const posting = {
        channelId: place.channel.id,
        authorId: world.bot.id,
        ephemeral: false,
        loading: false,
        replyToId,
      };
      changes.archive(place.guild, place.channel, false);
      const make = () => board.post(posting, content);
      const read = once.safeParse(call.body);
      const message = read.success ? board.postOnce(`${read.data.nonce}`, make) : make();
      return ok(messageJson(world, message));
    }),
  );
}

function withOwn(
  world: World,
  board: MessageBoard,
  call: RestCall,
  then: (message: BoardMessage) => RestAnswer,
): RestAnswer {
  return withChannel(world, call.param('channel'), ({ guild, channel }) => {
    if (!may(world, guild, world.bot.id, 'viewChannel', channel)) return refusals.forbidden;
    const message = board.find(call.param('message'));
    if (message?.channelId !== channel.id || message.ephemeral) return refusals.unknownMessage;
    return message.authorId === world.bot.id ? then(message) : refusals.notOurMessage;
  });
}
