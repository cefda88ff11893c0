import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'vitest';
import { speech } from '#test/audio/speech.ts';
import { instantPace, openMockProviders } from '#test/fakes/providers/providers.ts';
import { freePort, listening } from '#test/fakes/servers/listening.ts';
import {
  callIn,
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

type EchoingServer = Awaited<ReturnType<typeof openEchoing>>;

/** A server in front of another that hands requests on, or else repeats the key it was given wherever it can. */
async function openEchoing(behindUrl: string) {
  const served = await listening(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync<Buffer>(request));
    self.received += `${request.method} ${request.url}\n${request.rawHeaders.join('\n')}\n${body.toString('latin1')}\n`;
    if (request.method === 'OPTIONS') response.writeHead(204).end();
    else if (self.echo) repeat(request, response, self.elsewhere, self.echoes++);
    else await handOn(request, body, response, behindUrl);
  });
  const self = {
    ...served,
    baseUrl: `${served.origin}/v1`,
    /** Everything that was sent to it: lines, headers and bodies. */
    received: '',
    /** Number of requests answered with an echo. */
    echoes: 0,
    echo: false,
    /** Where its redirects lead. */
    elsewhere: '',
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

const question = speech('human-cards-001');
const roles = ['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'] as const;
type Role = (typeof roles)[number];
const keyOf = (role: Role) => `canary-${role.toLowerCase()}-5f3a9c`;

/** From now on this server repeats its key; somebody asks something until it has, and the operator was told. */
async function provoke(setup: ScenarioSetup, server: EchoingServer, times: number): Promise<void> {
  server.echo = true;
  const reported = () => setup.bot.log.filter((line) => JSON.stringify(line).includes('provider.'));
  const [adam, before] = [setup.sandbox.person('Adam'), reported().length];
  await adam.say(question, soon());
  await eventually(() => {
    expect(server.echoes).toBeGreaterThanOrEqual(times);
    expect(reported().length).toBeGreaterThan(before);
  });
}

scenario(
  'a key that its server repeats everywhere is in no log, message or metric, and goes to no other host',
  async () => {
    await using behind = await openMockProviders({
      pace: instantPace,
      hears: 'Nova, utterance 1!',
      replies: [{ match: /^/, text: 'Yes.' }],
    });
    await using stack = new AsyncDisposableStack();
    const opened = roles.map(async () => stack.use(await openEchoing(behind.baseUrl)));
    const servers = await Promise.all(opened);
    servers.forEach((server, n) => {
      server.elsewhere = servers[(n + 1) % servers.length]?.baseUrl ?? '';
    });
    const status = await freePort();
    const settings = roles.flatMap((role, n) => [
      [`${role}_BASE_URL`, servers[n]?.baseUrl ?? ''],
      [`${role}_API_KEY`, keyOf(role)],
    ]);
    const environment = { LOG_LEVEL: 'trace', STATUS_PORT: `${status}` };
    await using setup = await openOwnScenario({
      environment: { ...environment, ...Object.fromEntries(settings) },
    });
    await callIn(setup, 'Adam');
    for (const server of servers.toReversed()) await provoke(setup, server, 1);
    const metrics = await (await fetch(`http://127.0.0.1:${status}/metrics`)).text();
    const { bot, sandbox } = setup;
    await bot.stop();
    const shown = JSON.stringify([bot.log, sandbox.requests(), sandbox.messages('Lounge')]);
    expect(shown).toContain('[key]');
    expect(`${shown}${metrics}${bot.complaints}`).not.toMatch(/canary|5f3a9c/);
    for (const [n, role] of roles.entries()) {
      const received = servers[n]?.received ?? '';
      expect(received).toContain(`Bearer ${keyOf(role)}`);
      for (const other of roles.filter((one) => one !== role))
        expect(received).not.toContain(keyOf(other));
    }
  },
);
