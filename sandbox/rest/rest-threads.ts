import { z } from 'zod';
import { type Dispatch, intents } from '#sandbox/gateway/gateway-wire.ts';
import type { ChannelPlace, World } from '#sandbox/world/world.ts';
import { channelJson } from '#sandbox/world/world-guild-json.ts';
import { newChannel } from '#sandbox/world/world-making.ts';
import type { MessageBoard } from '#sandbox/world/world-messages.ts';
import { may } from '#sandbox/world/world-permissions.ts';
import { withOpenChannel } from './rest-place.ts';
import {
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusals,
  withBody,
} from './rest-route.ts';

const thread = z.looseObject({ name: z.string().min(1).max(100) });
const threadChange = z.looseObject({ archived: z.boolean() });
/** Source: Discord docs, "Start Thread without Message": without a type it is a private one, which is not modelled. */
const publicThread = z.looseObject({ type: z.literal(11) });

/** Public threads the bot opens, under a message or without one; it writes there as in any channel. */
export function threadRoutes(
  world: World,
  board: MessageBoard,
  dispatch: (event: Dispatch) => void,
  archive: (place: ChannelPlace, archived: boolean) => void,
): readonly RestRoute[] {
  const open = (call: RestCall, { guild, channel }: ChannelPlace, id?: string): RestAnswer =>
    withBody(thread, call.body, ({ name }) => {
      if (!may(world, guild, world.bot.id, 'createThreads', channel)) return refusals.notPermitted;
      const kin = { parentId: channel.id, ownerId: world.bot.id, ...(id ? { id } : {}) };
      const created = newChannel(world, { name, kind: 'thread', position: 0, ...kin });
      guild.channels = [...guild.channels, created];
      const body = channelJson(guild, created);
      const data = { ...body, newly_created: true };
      dispatch({ name: 'THREAD_CREATE', guildId: guild.id, data, intent: intents.guilds });
      return { status: 201, body };
    });
  const inText = (call: RestCall, then: (place: ChannelPlace) => RestAnswer): RestAnswer =>
    withOpenChannel(world, call.param('channel'), (place) =>
      place.channel.kind === 'text' ? then(place) : refusals.wrongKind,
    );
  return [
    {
      method: 'POST',
      path: '/channels/:channel/threads',
      answer: (call) =>
        inText(call, (place) => withBody(publicThread, call.body, () => open(call, place))),
    },
    {
      method: 'PATCH',
      path: '/channels/:channel',
      answer: (call) =>
        withOpenChannel(world, call.param('channel'), (place) => {
          const { guild, channel } = place;
          if (channel.kind !== 'thread') return refusals.wrongKind;
          if (!may(world, guild, world.bot.id, 'sendInThreads', channel)) {
            return refusals.notPermitted;
          }
          return withBody(threadChange, call.body, ({ archived }) => {
            archive(place, archived);
            return { status: 200, body: channelJson(guild, channel) };
          });
        }),
    },
    {
      method: 'POST',
      path: '/channels/:channel/messages/:message/threads',
      answer: (call) =>
        inText(call, (place) => {
          const message = board.find(call.param('message'));
          const isHere = message?.channelId === place.channel.id && !message.ephemeral;
          return isHere ? open(call, place, message.id) : refusals.unknownMessage;
        }),
    },
  ];
}
