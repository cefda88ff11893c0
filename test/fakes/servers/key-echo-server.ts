import type { IncomingMessage, ServerResponse } from 'node:http';
import { listening } from './listening.ts';

/** A server in front of another that hands requests on, or else repeats the key it was given wherever it can. */
export interface EchoingServer extends AsyncDisposable {
  readonly baseUrl: string;
  /** Everything that was sent to it: lines, headers and bodies. */
  readonly received: string;
  /** Number of requests answered with an echo. */
  readonly echoes: number;
  echo: boolean;
  /** Where its redirects lead. */
  elsewhere: string;
}

export async function openEchoing(behindUrl: string): Promise<EchoingServer> {
  let [received, echoes] = ['', 0];
  const served = await listening(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync<Buffer>(request));
    received += `${request.method} ${request.url}\n${request.rawHeaders.join('\n')}\n${body.toString('latin1')}\n`;
    if (request.method === 'OPTIONS') response.writeHead(204).end();
    else if (self.echo) repeat(request, response, self.elsewhere, echoes++);
    else await handOn(request, body, response, behindUrl);
  });
  const self: EchoingServer = {
    baseUrl: `${served.origin}/v1`,
    get received() {
      return received;
    },
    get echoes() {
      return echoes;
    },
    echo: false,
    elsewhere: '',
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
  return self;
}

async function handOn(
  { url = '', headers, method = 'GET' }: IncomingMessage,
  body: Buffer<ArrayBuffer>,
  response: ServerResponse,
  behindUrl: string,
): Promise<void> {
  const type = { 'content-type': headers['content-type'] ?? '' };
  const sent = method === 'GET' ? { method } : { method, headers: type, body };
  const answer = await fetch(`${behindUrl}${url.replace(/^\/v1/, '')}`, sent);
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
  for await (const piece of answer.body ?? []) response.write(piece);
  response.end();
}

/** In another way each time: an error, a redirect, a success that is none, a stream that breaks. */
function repeat(
  { headers }: IncomingMessage,
  response: ServerResponse,
  elsewhere: string,
  time: number,
): void {
  const given = headers.authorization ?? '';
  const key = given.replace('Bearer ', '');
  const said = `Wrong key ${key} in "${given}", which is ${encodeURIComponent(given)}.`;
  const error = { error: { message: said, type: key, param: key, code: key }, detail: said };
  const own = { 'x-request-id': key, 'www-authenticate': given, 'retry-after': key };
  const answer = (status: number, type: string, body: string, more = {}) =>
    response.writeHead(status, { ...own, 'content-type': type, ...more }).end(body);
  switch (time % 4) {
    case 0:
      return void answer(500, 'application/json', JSON.stringify(error));
    case 1:
      return void answer(307, 'text/html', said, { location: `${elsewhere}/${key}?key=${key}` });
    case 2:
      return void answer(200, 'text/html', `<title>${key}</title><p>${said}`);
    default:
      return void answer(200, 'text/event-stream', `data: ${JSON.stringify(error)}\n\n`);
  }
}
