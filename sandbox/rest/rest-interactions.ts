import { z } from 'zod';
import {
  type InteractionKind,
  type InteractionRecord,
  type Interactions,
  interactionTypes,
} from '#sandbox/interactions/interactions.ts';
import type { World } from '#sandbox/world/world.ts';
import { messageJson } from '#sandbox/world/world-json.ts';
import type { BoardMessage } from '#sandbox/world/world-messages.ts';
import {
  contentOf,
  contentSchema,
  isEmpty,
  isEphemeral,
  modalSchema,
  withContent,
} from './rest-content.ts';
import {
  noContent,
  ok,
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusals,
  withBody,
} from './rest-route.ts';

/** Source: Discord docs, "Interaction Callback Type". */
const callbackTypes = {
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  update: 7,
  choices: 8,
  modal: 9,
} as const;

const choice = z.looseObject({ value: z.union([z.string().max(100), z.number()]) });
const callback = z.discriminatedUnion('type', [
  z.object({ type: z.literal(callbackTypes.message), data: contentSchema }),
  z.object({ type: z.literal(callbackTypes.deferredMessage), data: contentSchema.nullish() }),
  z.object({ type: z.literal(callbackTypes.deferredUpdate) }),
  z.object({ type: z.literal(callbackTypes.update), data: contentSchema }),
  z.object({
    type: z.literal(callbackTypes.choices),
    data: z.object({ choices: z.array(choice) }),
  }),
  z.object({ type: z.literal(callbackTypes.modal), data: modalSchema }),
]);
type Callback = z.infer<typeof callback>;

const { message, deferredMessage, deferredUpdate, update, choices, modal } = callbackTypes;
/** Which callbacks answer what; a form opened by a command sits on no message it could update. */
const fitting: Readonly<Record<InteractionKind | 'modal on message', readonly number[]>> = {
  command: [message, deferredMessage, modal],
  component: [message, deferredMessage, deferredUpdate, update, modal],
  autocomplete: [choices],
  modal: [message, deferredMessage],
  'modal on message': [message, deferredMessage, deferredUpdate, update],
};

/** The bot's answers to interactions: the callback, then follow-ups and edits by webhook. */
export function interactionRoutes(world: World, interactions: Interactions): readonly RestRoute[] {
  const webhook = '/webhooks/:app/:token';
  const one = `${webhook}/messages/:message`;
  const json = (message: BoardMessage) => ok(messageJson(world, message));
  const opened = (call: RestCall, then: (record: InteractionRecord) => RestAnswer): RestAnswer => {
    const record = interactions.byToken(call.param('token'));
    const isOurs = call.param('app') === world.bot.id;
    if (!isOurs || record?.ackedAtMs === undefined) return refusals.unknownWebhook;
    return record.isExpired ? refusals.invalidWebhookToken : then(record);
  };
  const found = (
    call: RestCall,
    then: (record: InteractionRecord, m: BoardMessage) => RestAnswer,
  ) =>
    opened(call, (record) => {
      const message = record.find(call.param('message'));
      return message ? then(record, message) : refusals.unknownMessage;
    });
  return [
    {
      method: 'POST',
      path: '/interactions/:id/:token/callback',
      open: true,
      answer: (call) => answerCallback(world, interactions, call),
    },
    {
      method: 'POST',
      path: webhook,
      open: true,
      answer: (call) => opened(call, (record) => followUp(call, record, json)),
    },
    {
      method: 'PATCH',
      path: one,
      open: true,
      answer: (call) =>
        found(call, (record, message) =>
          withContent(call, message, (content) => json(record.edit(message, content))),
        ),
    },
    {
      method: 'DELETE',
      path: one,
      open: true,
      answer: (call) =>
        found(call, (record, message) => {
          record.remove(message);
          return noContent;
        }),
    },
  ];
}

function followUp(
  call: RestCall,
  record: InteractionRecord,
  json: (message: BoardMessage) => RestAnswer,
): RestAnswer {
  return withContent(call, undefined, (content) => {
    const message = record.followUp(content, isEphemeral(content));
    return message ? json(message) : refusals.unknownWebhook;
  });
}

function answerCallback(world: World, interactions: Interactions, call: RestCall): RestAnswer {
  const record = interactions.byToken(call.param('token'));
  if (record?.id !== call.param('id')) return refusals.unknownInteraction;
  return withBody(callback, call.body, (body) => {
    const refusal = refused(record, body, call);
    if (refusal) return refusal;
    const outcome = record.acknowledge();
    if (outcome === 'late') return refusals.unknownInteraction;
    if (outcome === 'again') return refusals.alreadyAcknowledged;
    const message = perform(record, body, call);
    if (call.query.get('with_response') !== 'true') return noContent;
    return ok(responseJson(world, record, body.type, message));
  });
}

function perform(
  record: InteractionRecord,
  body: Callback,
  call: RestCall,
): BoardMessage | undefined {
  switch (body.type) {
    case callbackTypes.message:
      return record.respond(contentOf(body.data, call.files), isEphemeral(body.data));
    case callbackTypes.deferredMessage:
      return record.defer(isEphemeral(body.data ?? {}));
    case callbackTypes.deferredUpdate:
      return record.update(undefined);
    case callbackTypes.update:
      return record.update(contentOf(body.data, call.files));
    case callbackTypes.choices:
      record.suggest(body.data.choices);
      return undefined;
    case callbackTypes.modal:
      record.ask(body.data);
      return undefined;
  }
}

/** Error for a callback that Discord refuses before it counts as the interaction's only one. */
function refused(
  record: InteractionRecord,
  body: Callback,
  call: RestCall,
): RestAnswer | undefined {
  if (!fits(record, body)) return refusals.wrongCallback;
  if (body.type === callbackTypes.message && isEmpty(contentOf(body.data, call.files))) {
    return refusals.emptyMessage;
  }
  const isLost = body.type === callbackTypes.update && record.isOrphan;
  return isLost ? refusals.unknownMessage : undefined;
}

function fits({ opening }: InteractionRecord, { type }: Callback): boolean {
  const onMessage = opening.kind === 'modal' && opening.message !== undefined;
  return fitting[onMessage ? 'modal on message' : opening.kind].includes(type);
}

function responseJson(
  world: World,
  record: InteractionRecord,
  type: number,
  message: BoardMessage | undefined,
): unknown {
  const resource = { type, message: message && messageJson(world, message) };
  return {
    interaction: {
      id: record.id,
      type: interactionTypes[record.opening.kind],
      response_message_id: message?.id,
      response_message_loading: message?.loading,
      response_message_ephemeral: message?.ephemeral,
    },
    resource,
  };
}
