import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { realClock } from '#src/base/clock.ts';
import { toWebhookId } from '#src/base/ids.ts';
import { createClient, createWebhookRest } from '#src/discord/login.ts';
import { Outbox } from '#src/discord/outbox/outbox.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

const never = new AbortController().signal;
const webhook = { id: toWebhookId('123456789012345678'), token: 'tok' };
const webhookPath = `/v10/webhooks/${webhook.id}/${webhook.token}`;
const roomId = '876543210987654321';
const roomPath = `/v10/channels/${roomId}/messages`;

type Trouble = 'a lost answer' | 'an error' | 'rate limit';

/** Discord over HTTP with one webhook and its channel. The first posts end in trouble. */
class WebhookServer {
  readonly posted: { readonly id: string; readonly content: string }[] = [];
  readonly requests: string[] = [];
  /** Headers that admitted the requests of the webhook. */
  readonly bearers = new Set<string | undefined>();
  readonly #troubles: Trouble[];
  readonly #canRead: boolean;

  constructor(troubles: readonly Trouble[], canRead: boolean) {
    this.#troubles = [...troubles];
    this.#canRead = canRead;
  }

  async answer(request: IncomingMessage, response: ServerResponse) {
    const { method, url = '' } = request;
    const [path = ''] = url.split('?');
    this.requests.push(`${method} ${path}`);
    if (path === webhookPath) this.bearers.add(request.headers.authorization);
    if (method === 'POST') return await this.#takePost(request, response);
    return path === webhookPath
      ? sendJson(response, 200, { channel_id: roomId })
      : this.#listMessages(response);
  }

  #listMessages(response: ServerResponse) {
    const messages = this.posted.map((one) => ({ ...one, webhook_id: webhook.id }));
    return this.#canRead
      ? sendJson(response, 200, messages.toReversed())
      : sendJson(response, 403, { code: 50_001, message: 'Missing Access' });
  }

  async #takePost(request: IncomingMessage, response: ServerResponse) {
    const trouble = this.#troubles.shift();
    if (trouble === 'rate limit')
      return sendJson(response, 429, { retry_after: 0.05, global: false });
    const { content } = JSON.parse(await text(request));
    const id = `20000000000000000${this.posted.length}`;
    this.posted.push({ id, content });
    if (trouble === 'a lost answer') return request.socket.destroy();
    const message = { id, content, channel_id: roomId, webhook_id: webhook.id };
    return sendJson(response, trouble ? 503 : 200, message);
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown) {
  const headers = { 'content-type': 'application/json' };
  return response.writeHead(status, headers).end(JSON.stringify(body));
}

/** That Discord, and the outbox of a bot with its real REST client. */
async function openDiscord(troubles: readonly Trouble[], canRead = true) {
  const server = new WebhookServer(troubles, canRead);
  const served = await openListeningServer((request, response) => {
    void server.answer(request, response);
  });
  const client = createClient({
    token: 'bot-token',
    apiUrl: `${served.origin}/v10`,
    timeoutMs: 5_000,
  });
  client.rest.setToken('bot-token');
  onTestFinished(async () => {
    await client.destroy();
    await served[Symbol.asyncDispose]();
  });
  const outbox = new Outbox(
    client.rest,
    realClock,
    () => undefined,
    createWebhookRest(client),
  );
  const post = async (content: string) =>
    await outbox.post(webhook, { content }, never).then(
      ({ id }) => id,
      (error: unknown) => error,
    );
  const { bearers, posted, requests } = server;
  return { bearers, post, posted, requests };
}

test.each(['a lost answer', 'an error'] as const)(
  'after %s a message of a webhook is looked for, and stands in the channel once',
  async (trouble) => {
    const { bearers, post, posted, requests } = await openDiscord([trouble]);
    expect(await post('\u2026')).toBe('200000000000000000');
    expect(posted.map(({ content }) => content)).toEqual(['\u2026']);
    expect(requests).toEqual([
      `POST ${webhookPath}`,
      `GET ${webhookPath}`,
      `GET ${roomPath}`,
    ]);
    expect([...bearers]).toEqual([undefined]);
  },
);

test('where the bot may not look, a message of a webhook whose answer was lost is given up', async () => {
  const { post, posted } = await openDiscord(['a lost answer'], false);
  expect(await post('\u2026')).toMatchObject({ code: 50_001 });
  expect(posted).toHaveLength(1);
});

test('a message of a webhook that Discord did not take is sent again', async () => {
  const { post, posted } = await openDiscord(['rate limit']);
  expect(await post('\u2026')).toBe('200000000000000000');
  expect(posted).toHaveLength(1);
});
