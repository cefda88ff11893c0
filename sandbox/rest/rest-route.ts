import type { z } from 'zod';
import type { FormFile } from './rest-body.ts';

/** One request, as a route sees it. */
export type RestCall = {
  readonly query: URLSearchParams;
  /** JSON of the body, or of its `payload_json` part. */
  readonly body: unknown;
  readonly files: readonly FormFile[];
  /** The process that asks, where it was given an address of its own. */
  readonly process?: string;
  /** Returns a part of the path, by the name that the route gives the part. */
  param(name: string): string;
};

/** Response of a route: JSON, or nothing, which has no content type either. */
export type RestAnswer = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A method and path of Discord's REST API, with its answer. */
export type RestRoute = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Path below `/api/v10`. A part that begins with a colon is a parameter. */
  readonly path: string;
  /** True if a request needs no token of the bot. */
  readonly open?: true;
  /** Answers one request. An error that it throws becomes a 500. */
  readonly answer: (call: RestCall) => RestAnswer;
};

/** Makes a route for requests with the bot's token. */
export function makeRoute(
  method: RestRoute['method'],
  path: string,
  answer: RestRoute['answer'],
): RestRoute {
  return { method, path, answer };
}

/** A refusal, named for its reason. */
export type RefusalName =
  | 'unauthorized'
  | 'notFound'
  | 'broken'
  | 'unknownChannel'
  | 'unknownGuild'
  | 'invalidWebhookToken'
  | 'unknownMember'
  | 'unknownMessage'
  | 'unknownUser'
  | 'unknownWebhook'
  | 'unknownInteraction'
  | 'unknownVoiceState'
  | 'tooLarge'
  | 'alreadyAcknowledged'
  | 'forbidden'
  | 'notPermitted'
  | 'wrongKind'
  | 'notOurMessage'
  | 'emptyMessage'
  | 'unknownReference'
  | 'archived'
  | 'wrongCallback'
  | 'notJson';

/** Refusals in Discord's words. Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json-json-error-codes */
export const refusalAnswers: Readonly<Record<RefusalName, RestAnswer>> = {
  unauthorized: makeRefusal(401, 0, '401: Unauthorized'),
  notFound: makeRefusal(404, 0, '404: Not Found'),
  broken: makeRefusal(500, 0, '500: Internal Server Error'),
  unknownChannel: makeRefusal(404, 10_003, 'Unknown Channel'),
  unknownGuild: makeRefusal(404, 10_004, 'Unknown Guild'),
  /** Error for an interaction older than 15 minutes. */
  invalidWebhookToken: makeRefusal(401, 50_027, 'Invalid Webhook Token'),
  unknownMember: makeRefusal(404, 10_007, 'Unknown Member'),
  unknownMessage: makeRefusal(404, 10_008, 'Unknown Message'),
  unknownUser: makeRefusal(404, 10_013, 'Unknown User'),
  unknownWebhook: makeRefusal(404, 10_015, 'Unknown Webhook'),
  unknownInteraction: makeRefusal(404, 10_062, 'Unknown interaction'),
  unknownVoiceState: makeRefusal(404, 10_065, 'Unknown Voice State'),
  /** Error with the status of a rate limit, though it is none. Source: discord-api-docs #4381. */
  tooLarge: makeRefusal(413, 40_005, 'Request entity too large'),
  alreadyAcknowledged: makeRefusal(
    400,
    40_060,
    'Interaction has already been acknowledged.',
  ),
  forbidden: makeRefusal(403, 50_001, 'Missing Access'),
  notPermitted: makeRefusal(403, 50_013, 'Missing Permissions'),
  wrongKind: makeRefusal(400, 50_024, 'Cannot execute action on this channel type'),
  notOurMessage: makeRefusal(
    403,
    50_005,
    'Cannot edit a message authored by another user',
  ),
  emptyMessage: makeRefusal(400, 50_006, 'Cannot send an empty message'),
  /** Error for a reply to an unknown message. Source: https://discord.com/developers/docs/resources/message#message-reference-structure, `fail_if_not_exists`. */
  unknownReference: {
    status: 400,
    body: {
      code: 50_035,
      message: 'Invalid Form Body',
      errors: {
        message_reference: {
          _errors: [
            { code: 'MESSAGE_REFERENCE_UNKNOWN_MESSAGE', message: 'Unknown message' },
          ],
        },
      },
    },
  },
  archived: makeRefusal(400, 50_083, 'Thread is archived'),
  wrongCallback: makeRefusal(
    400,
    50_035,
    'Invalid Form Body: this callback does not fit the interaction',
  ),
  notJson: makeRefusal(400, 50_109, 'The request body contains invalid JSON.'),
};

/** Answer of a request that has nothing to tell. */
export const noContent: RestAnswer = { status: 204 };

/** Answers with JSON. */
export function toOkAnswer(body: unknown): RestAnswer {
  return { status: 200, body };
}

/** Parses the body by `schema`, and answers with the result of `then`, or with the name of the field that does not fit. */
export function withBody<T>(
  schema: z.ZodType<T>,
  body: unknown,
  then: (value: T) => RestAnswer,
): RestAnswer {
  const parsed = schema.safeParse(body);
  if (parsed.success) return then(parsed.data);
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
  return {
    status: 400,
    body: {
      code: 50_035,
      message: 'Invalid Form Body',
      errors: {
        _errors: issues.map((message) => ({ code: 'BASE_TYPE_BAD', message })),
      },
    },
  };
}

/** Values in a path, by the names that the route gives them. */
export type PathParams = ReadonlyMap<string, string>;

/**
 * Returns the decoded parameters of `path`, or undefined if `path` does not fit
 * `pattern`.
 */
export function matchPath(pattern: string, path: string): PathParams | undefined {
  const patternSegments = pattern.split('/');
  const pathSegments = path.split('/');
  if (patternSegments.length !== pathSegments.length) return undefined;
  const params = new Map<string, string>();
  for (const [index, segment] of patternSegments.entries()) {
    const value = decodeSegment(pathSegments[index] ?? '');
    if (segment.startsWith(':')) params.set(segment.slice(1), value);
    else if (segment !== value) return undefined;
  }
  return params;
}

/** Decodes a part of a path. */
function decodeSegment(segment: string) {
  // discord.js writes `@original` as `%40original`.
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Makes an answer with an error code of Discord. */
export function makeRefusal(status: number, code: number, message: string): RestAnswer {
  return { status, body: { message, code } };
}
