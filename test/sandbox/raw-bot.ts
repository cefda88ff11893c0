import { once } from 'node:events';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { Sandbox } from '#sandbox/sandbox.ts';

export type RawRequest = {
  readonly method?: string;
  readonly body?: unknown;
  readonly form?: FormData;
  /** Whose token to show; undefined shows none. */
  readonly token?: string | undefined;
};

/** Address and token that a bot logs in with. */
export type BotAddress = Pick<Sandbox, 'apiUrl' | 'token'>;

/** Asks the REST API as the bot. */
export async function sendRequest(
  sandbox: BotAddress,
  path: string,
  request: RawRequest = {},
) {
  const { method = request.body === undefined ? 'GET' : 'POST', body, form } = request;
  const token = 'token' in request ? request.token : sandbox.token;
  const headers = new Headers(
    token === undefined ? {} : { authorization: `Bot ${token}` },
  );
  if (body !== undefined) headers.set('content-type', 'application/json');
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${sandbox.apiUrl}/v10${path}`, {
    method,
    headers,
    body: form ?? sent ?? null,
  });
  const text = await response.text();
  const json = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
  return { status: response.status, json, type: response.headers.get('content-type') };
}

type Payload = {
  readonly op: number;
  readonly d: Record<string, unknown>;
  readonly s?: number;
  readonly t?: string;
};

/** A gateway socket without a library: says what it is told to, and keeps what it hears. */
export async function openSocket(sandbox: BotAddress) {
  const { json } = await sendRequest(sandbox, '/gateway/bot');
  const socket = new WebSocket(`${json?.url}?v=10&encoding=json`);
  const heardPayloads: Payload[] = [];
  socket.on('message', (data) => heardPayloads.push(JSON.parse(data.toString())));
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'open');
  const sayOp = (op: number, d: unknown) => socket.send(JSON.stringify({ op, d }));
  const waitForEvent = async (name: string) => {
    await expect.poll(() => heardPayloads.find(({ t }) => t === name)).toBeDefined();
    return heardPayloads.find(({ t }) => t === name)?.d ?? {};
  };
  return {
    socket,
    heard: heardPayloads,
    closed,
    say: sayOp,
    event: waitForEvent,
    [Symbol.dispose]: () => socket.terminate(),
  };
}

/** The intents Guilds and GuildVoiceStates. */
export const usualIntents = 0b1000_0001;

export async function identifyBot(sandbox: BotAddress) {
  const bot = await openSocket(sandbox);
  bot.say(2, { token: sandbox.token, intents: usualIntents, properties: {} });
  const ready = await bot.event('READY');
  return { ...bot, sessionId: String(ready.session_id) };
}
