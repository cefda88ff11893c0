import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { realClock } from '#src/base/clock.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { applyTrouble } from './endpoint-trouble.ts';
import { attachLive } from './live-sockets.ts';
import { endpointAnswers, transcribeSound } from './mock-answers.ts';
import { findReply } from './mock-chat.ts';
import { attachRealtime } from './mock-realtime.ts';
import type {
  MockEndpoint,
  MockRequest,
  MockSettings,
  ProviderPace,
} from './mock-settings.ts';
import { usualMsPerChar } from './mock-sound.ts';
import { attachTalk } from './mock-talk.ts';

export const usualPace: ProviderPace = {
  recogniseMs: 120,
  firstTokenMs: 150,
  tokensPerSecond: 100,
  firstSoundMs: 60,
  soundSpeed: 5,
};

export const instantPace: ProviderPace = {
  recogniseMs: 0,
  firstTokenMs: 0,
  tokensPerSecond: Infinity,
  firstSoundMs: 0,
  soundSpeed: Infinity,
};

export type MockProviders = Awaited<ReturnType<typeof openMockProviders>>;

const usualSettings: MockSettings = {
  clock: realClock,
  hears: 'hello nova',
  replies: [],
  trouble: {},
  pace: usualPace,
  models: ['mock', ...Object.values(standardModels)],
  rateHz: 24_000,
  msPerChar: usualMsPerChar,
  realtime: {},
  talk: {},
  live: {},
};

/** A speech and chat server of our own on 127.0.0.1, with the manners and the faults of real ones. */
export async function openMockProviders(settings: Partial<MockSettings> = {}) {
  const requests: MockRequest[] = [];
  const keepRequest = (record: MockRequest) => {
    if (record.endpoint !== 'models') requests.push(record);
  };
  let now: MockSettings = { ...usualSettings, ...settings };
  const server = createServer((request, response) => {
    serveRequest(request, response, now, keepRequest).catch(() => response.destroy());
  });
  const realtime = attachRealtime(server, {
    hears: (pcm) => transcribeSound(now, pcm),
    recogniseMs: now.pace.recogniseMs,
    clock: now.clock,
    ...now.realtime,
  });
  const talk = attachTalk(server, {
    hears: (pcm) => transcribeSound(now, pcm),
    answer: (newest) =>
      findReply({ messages: [{ role: 'user', content: newest }] }, now.replies),
    clock: now.clock,
    ...now.talk,
  });
  const live = attachLive(server, { answer: () => now.live });
  const served = await openListeningServer(server, () => {
    realtime.dropAll();
    talk.dropAll();
    live.sockets.dropAll();
  });
  const changeSettings = (overrides: Partial<MockSettings>) => {
    now = { ...now, ...overrides };
    realtime.set(overrides.realtime ?? {});
    talk.set(overrides.talk ?? {});
  };
  return {
    ...served,
    /** Ends in `/v1`; anything beside it is a plain 404, as with servers given without `/v1`. */
    baseUrl: `${served.origin}/v1`,
    /** All but those for its list of models. */
    requests: requests as readonly MockRequest[],
    realtime,
    talk,
    /** Sessions of its live model, oldest first. */
    live: live.sessions,
    /** Holds from the next request on. */
    set: changeSettings,
    /** Forgets all requests; these settings and else the usual ones hold from then on, but live connections keep theirs. */
    reset: (overrides: Partial<MockSettings>) => {
      requests.splice(0);
      now = usualSettings;
      changeSettings(overrides);
    },
  };
}

const endpointPaths: Readonly<Record<string, MockEndpoint>> = {
  'POST /v1/audio/transcriptions': 'transcriptions',
  'POST /v1/chat/completions': 'chat',
  'POST /v1/audio/speech': 'speech',
  'GET /v1/models': 'models',
};

async function serveRequest(
  request: IncomingMessage,
  response: ServerResponse,
  settings: MockSettings,
  keep: (record: MockRequest) => void,
) {
  const endpoint =
    endpointPaths[`${request.method} ${request.url?.replace(/\?.*/, '')}`];
  if (!endpoint) {
    request.resume();
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
    return;
  }
  const { authorization } = request.headers;
  const { clock } = settings;
  const record: MockRequest = { endpoint, atMs: clock.nowMs(), authorization };
  keep(record);
  const left = new AbortController();
  response.on('close', () => {
    if (response.writableFinished) record.endedAtMs = clock.nowMs();
    else record.leftAtMs = clock.nowMs();
    left.abort();
  });
  const bytes = Buffer.concat(await Array.fromAsync<Buffer>(request));
  record.bodyAtMs = clock.nowMs();
  const barred =
    settings.key !== undefined && authorization !== `Bearer ${settings.key}`;
  const trouble = barred ? 'bad-key' : settings.trouble[endpoint];
  if (trouble && applyTrouble(trouble, response)) return;
  const exchange = { record, response, settings, signal: left.signal };
  await endpointAnswers[endpoint](
    exchange,
    bytes,
    request.headers['content-type'] ?? '',
  );
}
