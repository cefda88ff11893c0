import { withContent } from './rest-content.ts';
import { withChannel } from './rest-reads.ts';
import { type Answer, noContent, ok, type RestCall, type Route, refusals } from './rest-route.ts';
import type { World } from './world.ts';
import { type Message, type MessageBoard, messageJson } from './world-messages.ts';

/** How many messages one read may ask for. Source: Discord docs, "Get Channel Messages". */
const readLimit = 100;

/** Messages the bot writes in channels of its own accord. */
export function messageRoutes(world: World, board: MessageBoard): readonly Route[] {
  const path = '/channels/:channel/messages';
  const one = `${path}/:message`;
  const json = (message: Message) => ok(messageJson(world, message));
  const mine = (call: RestCall, then: (message: Message) => Answer) =>
    withMessage(board, call, (message) =>
      message.authorId === world.bot.id ? then(message) : refusals.notOurMessage,
    );
  return [
    {
      method: 'POST',
      path,
      answer: (call) =>
        withChannel(world, call.param('channel'), ({ id: channelId }) =>
          withContent(call, undefined, (content) => {
            const { id: authorId } = world.bot;
            const posting = { channelId, authorId, ephemeral: false, loading: false };
            return json(board.post(posting, content));
          }),
        ),
    },
    {
      method: 'GET',
      path,
      answer: (call) =>
        withChannel(world, call.param('channel'), ({ id }) => {
          const limit = Math.min(readLimit, Number(call.query.get('limit') ?? 50) || 50);
          const newestFirst = board.inChannel(id).slice(-limit).reverse();
          return ok(newestFirst.map((message) => messageJson(world, message)));
        }),
    },
    { method: 'GET', path: one, answer: (call) => withMessage(board, call, json) },
    {
      method: 'PATCH',
      path: one,
      answer: (call) =>
        mine(call, (message) =>
          withContent(call, message, (content) => json(board.edit(message, content))),
        ),
    },
    {
      method: 'DELETE',
      path: one,
      answer: (call) =>
        mine(call, (message) => {
          board.remove(message);
          return noContent;
        }),
    },
  ];
}

function withMessage(
  board: MessageBoard,
  call: RestCall,
  then: (message: Message) => Answer,
): Answer {
  const message = board.find(call.param('message'));
  const isHere = message?.channelId === call.param('channel') && !message.ephemeral;
  return message && isHere ? then(message) : refusals.unknownMessage;
}
