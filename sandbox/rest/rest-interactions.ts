import { z } from 'zod';
import {
  type InteractionKind,
  type InteractionRecord,
  type Interactions,
  interactionTypes,
} from '#sandbox/interactions/interactions.ts';
import type { World } from '#sandbox/world/world.ts';
import { toMessageJson } from '#sandbox/world/world-json.ts';
import type { BoardMessage } from '#sandbox/world/world-messages.ts';
import {
  contentSchema,
  isEmpty,
  isEphemeral,
  modalSchema,
  toContent,
  withContent,
} from './rest-content.ts';
import { getMessageId } from './rest-place.ts';
import {
  noContent,
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusalAnswers,
  toOkAnswer,
  withBody,
} from './rest-route.ts';

/** Source: https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type */
const callbackTypes = {
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  update: 7,
  choices: 8,
  modal: 9,
} as const;

const choiceSchema = z.looseObject({
  value: z.union([z.string().max(100), z.number()]),
});
const callbackSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal(callbackTypes.message), data: contentSchema }),
  z.object({
    type: z.literal(callbackTypes.deferredMessage),
    data: contentSchema.nullish(),
  }),
  z.object({ type: z.literal(callbackTypes.deferredUpdate) }),
  z.object({ type: z.literal(callbackTypes.update), data: contentSchema }),
  z.object({
    type: z.literal(callbackTypes.choices),
    data: z.object({ choices: z.array(choiceSchema) }),
  }),
  z.object({ type: z.literal(callbackTypes.modal), data: modalSchema }),
]);
type InteractionCallback = z.infer<typeof callbackSchema>;

const { message, deferredMessage, deferredUpdate, update, choices, modal } =
  callbackTypes;
/** Callbacks that each kind of interaction allows. A form that a command opened belongs to no message, so it cannot update one. */
const callbackKinds: Readonly<
  Record<InteractionKind | 'modal on message', readonly number[]>
> = {
  command: [message, deferredMessage, modal],
  component: [message, deferredMessage, deferredUpdate, update, modal],
  autocomplete: [choices],
  modal: [message, deferredMessage],
  'modal on message': [message, deferredMessage, deferredUpdate, update],
};

/**
 * Makes the routes of the bot's answers to interactions: the callback, then follow-ups
 * and edits by webhook.
 */
export function makeInteractionRoutes(
  world: World,
  interactions: Interactions,
): readonly RestRoute[] {
  const webhook = '/webhooks/:app/:token';
  const messagePath = `${webhook}/messages/:message`;
  const deps = { world, interactions };
  return [
    makeOpenRoute('POST', '/interactions/:id/:token/callback', (call) =>
      answerCallback(world, interactions, call),
    ),
    makeOpenRoute('POST', webhook, (call) => postFollowUp(deps, call)),
    makeOpenRoute('PATCH', messagePath, (call) =>
      withMessage(deps, call, (record, message) =>
        withContent(call, message, (content) =>
          toOkAnswer(toMessageJson(world, record.edit(message, content))),
        ),
      ),
    ),
    makeOpenRoute('DELETE', messagePath, (call) =>
      withMessage(deps, call, (record, message) => {
        record.remove(message);
        return noContent;
      }),
    ),
  ];
}

type WebhookDeps = { readonly world: World; readonly interactions: Interactions };

/** Makes a route without the bot's token: the interaction's own token is in the path. */
function makeOpenRoute(
  method: RestRoute['method'],
  path: string,
  answer: RestRoute['answer'],
): RestRoute {
  return { method, path, answer, open: true };
}

/** Finds the interaction of a webhook, and answers with the result of `then`, or with 404 or 401. */
function withRecord(
  { world, interactions }: WebhookDeps,
  call: RestCall,
  then: (record: InteractionRecord) => RestAnswer,
) {
  const record = interactions.findByToken(call.param('token'));
  const isOurs = call.param('app') === world.bot.id;
  if (!isOurs || record?.ackedAtMs === undefined) return refusalAnswers.unknownWebhook;
  return record.isExpired ? refusalAnswers.invalidWebhookToken : then(record);
}

/** Finds a message of the interaction, and answers with the result of `then`, or with 404. */
function withMessage(
  deps: WebhookDeps,
  call: RestCall,
  then: (record: InteractionRecord, message: BoardMessage) => RestAnswer,
) {
  return withRecord(deps, call, (record) => {
    const message = record.find(getMessageId(call));
    return message ? then(record, message) : refusalAnswers.unknownMessage;
  });
}

function postFollowUp(deps: WebhookDeps, call: RestCall) {
  return withRecord(deps, call, (record) =>
    withContent(call, undefined, (content) => {
      const message = record.postFollowUp(content, isEphemeral(content));
      return message
        ? toOkAnswer(toMessageJson(deps.world, message))
        : refusalAnswers.unknownWebhook;
    }),
  );
}

function answerCallback(world: World, interactions: Interactions, call: RestCall) {
  const record = interactions.findByToken(call.param('token'));
  if (record?.id !== call.param('id')) return refusalAnswers.unknownInteraction;
  return withBody(callbackSchema, call.body, (body) => {
    const refusal = refuseCallback(record, body, call);
    if (refusal) return refusal;
    const outcome = record.acknowledge();
    if (outcome === 'late') return refusalAnswers.unknownInteraction;
    if (outcome === 'again') return refusalAnswers.alreadyAcknowledged;
    const message = performCallback(record, body, call);
    if (call.query.get('with_response') !== 'true') return noContent;
    return toOkAnswer(toResponseJson(world, record, body.type, message));
  });
}

function performCallback(
  record: InteractionRecord,
  body: InteractionCallback,
  call: RestCall,
) {
  switch (body.type) {
    case callbackTypes.message:
      return record.setReply(toContent(body.data, call.files), isEphemeral(body.data));
    case callbackTypes.deferredMessage:
      return record.deferReply(isEphemeral(body.data ?? {}));
    case callbackTypes.deferredUpdate:
      return record.updateSource(undefined);
    case callbackTypes.update:
      return record.updateSource(toContent(body.data, call.files));
    case callbackTypes.choices:
      record.setChoices(body.data.choices);
      return undefined;
    case callbackTypes.modal:
      record.setModal(body.data);
      return undefined;
  }
}

/**
 * Finds the error for a callback that Discord refuses before it counts as the
 * interaction's only one.
 */
function refuseCallback(
  record: InteractionRecord,
  body: InteractionCallback,
  call: RestCall,
) {
  if (!isFitting(record, body)) return refusalAnswers.wrongCallback;
  if (
    body.type === callbackTypes.message &&
    isEmpty(toContent(body.data, call.files))
  ) {
    return refusalAnswers.emptyMessage;
  }
  const isLost = body.type === callbackTypes.update && record.isOrphan;
  return isLost ? refusalAnswers.unknownMessage : undefined;
}

function isFitting({ opening }: InteractionRecord, { type }: InteractionCallback) {
  const isOnMessage = opening.kind === 'modal' && opening.message !== undefined;
  return callbackKinds[isOnMessage ? 'modal on message' : opening.kind].includes(type);
}

function toResponseJson(
  world: World,
  record: InteractionRecord,
  type: number,
  message: BoardMessage | undefined,
) {
  const resource = { type, message: message && toMessageJson(world, message) };
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
