import type { Server } from 'node:http';
import { findReply, type MockReply } from '#test/fakes/providers/mock-chat.ts';
import { encodeSound, makeTone } from '#test/fakes/providers/mock-sound.ts';
import { hearWords } from '#test/fakes/tone-words.ts';
import {
  type DialectReply,
  type DialectRequest,
  type DialectRoute,
  type DialectServer,
  openDialect,
  replyEvents,
  replyJson,
  replySound,
} from './dialect.ts';
import type { Environment } from './provider-recipes.ts';

const rolePaths = {
  chat: '/v1/chat/completions',
  ears: '/v1/audio/transcriptions',
  speech: '/v1/audio/speech',
} as const;
/** What a server is asked to do. */
export type ServerRole = keyof typeof rolePaths;

/** Requests that a server does not take, and its answer to them. */
export type ServerRefusal = {
  /** Name of a field, at any depth of the request. */
  readonly field?: string;
  /** Further condition on the value of the field, or on the whole request where no field is named. */
  readonly isRefused?: (value: unknown) => boolean;
  /** Path that refuses; the refusal holds for all without it. */
  readonly role?: ServerRole;
  /** Refuses so often, then takes everything; always without a number. */
  readonly times?: number;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or a text as it is; or a function that makes it of the request. */
  readonly body: unknown;
};

/** A server that is well but for what it refuses, and where it answers in its own way. */
export type StrictManners = {
  readonly refuses?: readonly ServerRefusal[];
  readonly replies?: readonly MockReply[];
  /** Bodies of pages by method and path, as in `GET /v1/audio/voices`. */
  readonly pages?: Readonly<Record<string, unknown>>;
  /** Adds what is not HTTP and returns what ends it. */
  readonly attach?: (server: Server) => () => void;
} & Readonly<Partial<Record<ServerRole, DialectRoute>>>;

/** A strict server, its settings and what it was asked. */
export type StrictServer = DialectServer & {
  readonly environment: Environment;
  /** Requests of the role, the refused ones too. */
  listRequests(role: ServerRole): readonly DialectRequest[];
};

/**
 * Opens a server of all three roles.
 *
 * @example
 * import { openStrictServer } from '#test/fakes/dialects/strict-server.ts';
 *
 * await using server = await openStrictServer({
 *   refuses: [{ field: 'stream', role: 'speech', status: 422, body: { detail: 'extra fields not permitted' } }],
 * });
 * console.log(server.environment.SPEECH_BASE_URL);
 */
export async function openStrictServer(manners: StrictManners): Promise<StrictServer> {
  const { refuses = [], pages = {}, attach } = manners;
  const requests: DialectRequest[] = [];
  const counts = new Map<ServerRefusal, number>();
  const findRefusal = (request: DialectRequest) => {
    requests.push(request);
    const foundRefusal = refuses.find(
      (refusal) =>
        (counts.get(refusal) ?? 0) < (refusal.times ?? Infinity) &&
        isRefused(request, refusal),
    );
    if (!foundRefusal) return undefined;
    counts.set(foundRefusal, (counts.get(foundRefusal) ?? 0) + 1);
    return replyRefusal(foundRefusal, request.body);
  };
  const routes = { ...usualRoutes(manners.replies), ...manners };
  const server = await openDialect({
    refuses: (request) => (findRole(request) ? findRefusal(request) : undefined),
    routes: {
      ...Object.fromEntries(
        Object.entries(pages).map(([path, body]) => [path, () => replyJson(body)]),
      ),
      ...Object.fromEntries(
        Object.entries(rolePaths).map(([role, path]) => [
          `POST ${path}`,
          routes[role as ServerRole],
        ]),
      ),
    },
    attachSockets: attach,
  });
  const baseUrl = `${server.origin}/v1`;
  return {
    ...server,
    environment: {
      CHAT_COMPLETION_BASE_URL: baseUrl,
      CHAT_COMPLETION_MODEL: 'mind',
      TRANSCRIPTION_BASE_URL: baseUrl,
      TRANSCRIPTION_MODEL: 'ears',
      SPEECH_BASE_URL: baseUrl,
      SPEECH_MODEL: 'voice',
      // For those of which the settings choose that pipeline.
      REALTIME_BASE_URL: baseUrl,
    },
    listRequests: (role) => requests.filter((request) => findRole(request) === role),
  };
}

function findRole({ path }: DialectRequest) {
  return Object.entries(rolePaths).find(([, known]) => known === path)?.[0];
}

function isRefused(
  request: DialectRequest,
  { field, role, isRefused: when = () => true }: ServerRefusal,
): boolean {
  if (role !== undefined && findRole(request) !== role) return false;
  if (field === undefined) return when(request.body);
  return [...findValues(request.body, field)].some(when);
}

/** Values of a field at any depth. */
function* findValues(value: unknown, field: string): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === field) yield inner;
    yield* findValues(inner, field);
  }
}

function replyRefusal(
  { body: given, headers, status }: ServerRefusal,
  request: DialectRequest['body'],
): DialectReply {
  const body: unknown = typeof given === 'function' ? given(request) : given;
  if (typeof body !== 'string') return replyJson(body, status, headers);
  const type = { 'content-type': 'text/plain', ...headers };
  return { status, headers: type, pieces: [body] };
}

/** Rate of the voice. */
export const strictRateHz = 24_000;

/** Routes of a server that is well. */
function usualRoutes(
  replies: readonly MockReply[] = [],
): Readonly<Record<ServerRole, DialectRoute>> {
  return {
    chat: ({ body }) => {
      const { text = '', call } = findReply(body, replies);
      return call ? replyCall(body, call) : replyWords(body, text);
    },
    ears: ({ pcm }) => replyJson({ text: pcm ? hearWords(pcm) : '' }),
    speech: ({ body }) => replySpeech(body),
  };
}

/** The tone of the text in the format that is asked for: samples, or WAV for every other. */
export function replySpeech(
  { input, response_format }: DialectRequest['body'],
  rateHz = strictRateHz,
): DialectReply {
  const format = response_format === 'pcm' ? 'pcm' : 'wav';
  return replySound(
    `audio/${format}`,
    encodeSound(makeTone(`${input}`, rateHz), rateHz, format),
  );
}

/** Words as events, or whole where no stream is asked for. */
export function replyWords(body: DialectRequest['body'], text: string): DialectReply {
  if (body.stream !== true)
    return replyJson({
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: text },
          finish_reason: 'stop',
        },
      ],
    });
  const words = text.match(/\s*\S+/g) ?? [];
  return replyDeltas(
    words.map((content) => ({ content })),
    'stop',
  );
}

/** A call in one event, or whole where no stream is asked for. `more` stands beside its function. */
export function replyCall(
  body: DialectRequest['body'],
  { name, argumentsJson }: NonNullable<MockReply['call']>,
  overrides: object = { id: 'Ab3dEf6hI' },
): DialectReply {
  const call = {
    type: 'function',
    function: { name, arguments: argumentsJson },
    ...overrides,
  };
  if (body.stream !== true) {
    const message = { role: 'assistant', content: null, tool_calls: [call] };
    return replyJson({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
  }
  return replyDeltas([{ tool_calls: [{ index: 0, ...call }] }], 'tool_calls');
}

/** Events with these deltas, and one with the reason of the end. */
export function replyDeltas(
  deltas: readonly object[],
  finish_reason: string | null = 'stop',
): DialectReply {
  return replyEvents(
    ...deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] })),
    { choices: [{ index: 0, delta: {}, finish_reason }] },
  );
}
