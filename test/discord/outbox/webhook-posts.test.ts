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
const roomPath = '/v10/channels/876543210987654321/messages';

type Trouble = 'a lost answer' | 'an error' | 'rate limit';

/** Discord over HTTP with one webhook and its channel, and the outbox of a bot. The first posts end in trouble. */
async function openDiscord(troubles: readonly Trouble[], canRead = true) {
  const left = [...troubles];
  const posted: { readonly id: string; readonly content: string }[] = [];
  const requests: string[] = [];
  const bearers = new Set<string | undefined>();
  const answer = (response: ServerResponse, status: number, body: unknown) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(body));
  const addMessage = async (request: IncomingMessage) => {
    const { content } = JSON.parse(await text(request));
    const id = `20000000000000000${posted.length}`;
    posted.push({ id, content });
    return { id, content, channel_id: '876543210987654321', webhook_id: webhook.id };
  };
  await using stack = new AsyncDisposableStack();
  const served = stack.use(
    await openListeningServer(async (request, response) => {
      const { method, url = '' } = request;
      const path = url.split('?')[0] ?? '';
      requests.push(`${method} ${path}`);
      if (path === webhookPath) bearers.add(request.headers.authorization);
      if (method === 'GET' && path === webhookPath)
        return answer(response, 200, { channel_id: '876543210987654321' });
      if (method === 'GET' && path === roomPath) {
        const messages = posted.map((one) => ({ ...one, webhook_id: webhook.id }));
        return canRead
          ? answer(response, 200, messages.toReversed())
          : answer(response, 403, { code: 50_001, message: 'Missing Access' });
      }
      const trouble = left.shift();
      if (trouble === 'rate limit')
        return answer(response, 429, { retry_after: 0.05, global: false });
      const message = await addMessage(request);
      if (trouble === 'a lost answer') return request.socket.destroy();
      return answer(response, trouble ? 503 : 200, message);
    }),
  );
  const client = createClient({
    token: 'bot-token',
    apiUrl: `${served.origin}/v10`,
    timeoutMs: 5_000,
  });
  client.rest.setToken('bot-token');
  const owned = stack.move();
  onTestFinished(async () => {
    await client.destroy();
    await owned[Symbol.asyncDispose]();
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
