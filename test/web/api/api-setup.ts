import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { expect } from 'vitest';
import { SoundEncoders } from '#src/audio/encode/sound-encoders.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { toGuildId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { TranscriptRequests } from '#src/features/captions/transcripts/transcript-requests.ts';
import type { ProgramPorts } from '#src/features/command.ts';
import type { ProgramAnswers } from '#src/features/typed/program-answers.ts';
import { KeptWords } from '#src/features/typed/program-answers.ts';
import type { ProgramTranscriptions } from '#src/features/typed/program-transcriptions.ts';
import { type ApiToken, apiScopes, hashSecret } from '#src/stores/api-tokens.ts';
import { createApi } from '#src/web/api/api.ts';
import type { ServerService } from '#src/web/api/authorise.ts';
import { TokenBudgets } from '#src/web/api/authorise.ts';
import { ServerEvents } from '#src/web/api/event-streams.ts';
import { type RequestRules, strictRules } from '#src/web/api/openai/admit-request.ts';
import { makePorts, type PortOverrides } from '#test/commands/command-ports.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

/** The server that tokens are for. */
export const guildId = toGuildId('1029384756102938475');

/** Ports of a bot that sits in a channel and does what it is told, but for what is given. */
export function makeProgramPorts(overrides: PortOverrides = {}) {
  const answers: Public<ProgramAnswers> = {
    listPipelines: () => ['chained'],
    keptWords: new KeptWords(realClock),
    answerQuestion: async () => ({ kind: 'failed', line: { id: 'ask.late' } }),
    openSpeech: async () => ({ kind: 'unspeakable' }),
  };
  const transcriptions: Public<ProgramTranscriptions> = {
    listModels: () => [],
    async *transcribeRecording() {
      yield { kind: 'late' };
    },
  };
  const transcripts: Pick<TranscriptRequests, 'listSessions' | 'createFile'> = {
    listSessions: async () => [],
    createFile: async () => ({ kind: 'none' }),
  };
  const fields = {
    programAnswers: answers,
    programTranscriptions: transcriptions,
    transcripts,
    ...overrides.more,
  };
  return {
    ...makePorts({ ...overrides, more: fields }),
    members: { refreshMember: async () => undefined },
  };
}

/** Rules of an operator who has set nothing, on an internet whose names end in `.example`, `.com` and `.org`. */
export const namedRules: RequestRules = {
  ...strictRules,
  pictures: {
    ...strictRules.pictures,
    resolve: async (host) =>
      /\w\.(example|com|org)$/.test(host) ? ['93.184.215.14'] : [],
  },
};

/** The API over a real store in memory; its servers are served as `find` says. */
export async function openApi(
  find: ProgramPorts | (() => ServerService) = makeProgramPorts(),
  clock: Clock = realClock,
  requestRules: RequestRules = namedRules,
) {
  const store = await openLocalStore(':memory:', { clock: realClock });
  const bugs: unknown[] = [];
  const budgets = new TokenBudgets();
  const serve: () => ServerService =
    typeof find === 'function' ? find : () => ({ kind: 'here', ports: find });
  const encoders = new SoundEncoders(await loadOpus());
  const events = new ServerEvents(clock);
  const servers = { find: async () => serve() };
  const deps = {
    ...{ tokens: store.apiTokens, budgets, encoders, events, servers },
    requestRules,
  };
  const getAccess = () => deps;
  const app = createApi({
    access: getAccess,
    clock,
    onBug: (error) => void bugs.push(error),
  });
  const askApi = async (name: string, path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${name}`);
    return await app.request(path, { ...init, headers });
  };
  return {
    app,
    /** Arguments of a listener for programs. */
    access: getAccess,
    bugs,
    budgets,
    events,
    /** A token that may do everything, or these things; its secret is its name. */
    async add(name: string, overrides: Partial<ApiToken> = {}) {
      const usual = { name, guildId, createdAtWallMs: realClock.wallMs() };
      const token: ApiToken = { ...usual, scopes: apiScopes, ...overrides };
      await store.apiTokens.add(token, hashSecret(name));
    },
    async revoke(name: string) {
      await store.apiTokens.revoke(name, Date.UTC(2026, 10, 20));
    },
    /** Asks with the token of that name. */
    ask: askApi,
    /** Posts JSON with it. */
    post: (name: string, path: string, body: unknown) =>
      askApi(name, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    /** From here on the store cannot be read. */
    closeStore: () => store[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** HTTP server on loopback, before an API. */
export async function openLoopback({ fetch }: Pick<Hono, 'fetch'>) {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  const served = await openListeningServer(createServer(listener));
  return { url: served.origin, ...served };
}

/** Expects a refusal with this status, code and sentence. */
export async function expectRefusal(
  request: Response | Promise<Response>,
  status: number,
  code: string,
  sentence: string | RegExp = /./,
) {
  const response = await request;
  const message = expect.stringMatching(sentence);
  expect([response.status, await response.json()]).toMatchObject([
    status,
    { error: { code, message: sentence instanceof RegExp ? message : sentence } },
  ]);
}
