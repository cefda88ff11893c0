import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { runDoctor } from '#doctor/doctor.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { instantPace } from '#test/fakes/providers/mock-providers.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

export const canary = 'canary-Key+of/mine=42';

/** Examines a server as a provider. */
export const examineServer = ({ origin }: { readonly origin: string }) =>
  runExamination(['--provider', `${origin}/v1`]);

/** Examines a server that is set for chat, beside the local voice, which takes a busy machine more than 20 s to load. */
export const examineChat = ({ origin }: { readonly origin: string }) =>
  runExamination(
    [],
    { CHAT_COMPLETION_BASE_URL: `${origin}/v1`, CHAT_COMPLETION_MODEL: 'mock' },
    50_000,
  );

/** Output of the doctor, and its exit code. */
export async function runExamination(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  deadlineMs = 20_000,
) {
  const lines: string[] = [];
  const code = await runDoctor(args, {
    clock: realClock,
    deadlineMs,
    print: (line) => lines.push(line),
    environment,
  });
  const settings = Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  );
  /** The verdict and the reason of the first line about `what`. */
  const findLineAbout = (what: string) => {
    const line = lines.find((text) => text.slice(11).startsWith(what.padEnd(23)));
    return line?.replace(/ {2,}/g, ' ').trim();
  };
  /** Remedy printed below a finding. */
  const mendOf = (what: string) => {
    const at = lines.findIndex((text) => text.slice(11).startsWith(what.padEnd(23)));
    return /^ {10,}mend: (.+)$/.exec(lines[at + 1] ?? '')?.[1];
  };
  return {
    code,
    lines,
    text: lines.join('\n'),
    settings,
    about: findLineAbout,
    mendOf,
  };
}

export type ExaminedRequest = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  readonly raw: string;
};
export type FakeRoute = (response: ServerResponse, request: ExaminedRequest) => void;

/** A server of these routes, as `GET /v1/models`; all else is a plain 404. What `attach` adds, it gives the end of. */
export async function openExaminedServer(
  routes: Readonly<Record<string, FakeRoute>>,
  otherwise: FakeRoute = (response) =>
    response.writeHead(404).end('404 page not found'),
  attach: (server: Server) => () => void = () => () => undefined,
) {
  const requests: ExaminedRequest[] = [];
  const server = createServer(async (request, response) => {
    const bytes = Buffer.concat(await Array.fromAsync<Buffer>(request));
    const isJson = /json/.test(request.headers['content-type'] ?? '');
    const body = isJson ? JSON.parse(bytes.toString()) : {};
    const raw = bytes.toString('latin1');
    const entry = { path: request.url ?? '', headers: request.headers, body, raw };
    requests.push(entry);
    (routes[`${request.method} ${entry.path}`] ?? otherwise)(response, entry);
  });
  return { ...(await openListeningServer(server, attach(server))), asked: requests };
}

export function answerJson(body: object, status = 200): FakeRoute {
  return (response) => {
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(body));
  };
}

export function answerStream(...events: object[]): FakeRoute {
  const text = [...events.map((event) => JSON.stringify(event)), '[DONE]']
    .map((data) => `data: ${data}\n\n`)
    .join('');
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
  };
}

export const answerModels = (...models: (string | object)[]) =>
  answerJson({
    object: 'list',
    data: models.map((model) => (typeof model === 'string' ? { id: model } : model)),
  });

/** Speech as long as the text, at one rate whatever the format; samples get this label. */
export function answerSpeech(
  rateHz: number,
  send = (response: ServerResponse, bytes: Buffer) => {
    response.end(bytes);
  },
  label = 'audio/pcm',
): FakeRoute {
  return (response, { body }) => {
    const samples = makeTone(`${body.input}`, rateHz, 20);
    const wav = writeWav({ samples, rateHz, channels: 1 });
    const isWav = body.response_format === 'wav';
    response.writeHead(200, { 'content-type': isWav ? 'audio/wav' : label });
    send(response, isWav ? wav : wav.subarray(44));
  };
}

/** A mock that does not dawdle. */
export const swiftServer = { pace: instantPace, msPerChar: 20, models: ['mock'] };
