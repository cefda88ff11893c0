import type { RequestListener } from 'node:http';
import { Secret } from '#src/base/secret.ts';
import { writeToOperator } from '#src/discord/account/operator-message.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

const never = new AbortController().signal;

/** A webhook of this machine that answers so. */
async function openWebhook(answer: RequestListener) {
  const bodies: unknown[] = [];
  const served = await openListeningServer(async (request, response) => {
    bodies.push(JSON.parse(`${Buffer.concat(await Array.fromAsync<Buffer>(request))}`));
    answer(request, response);
  });
  return {
    bodies,
    webhook: new Secret(`${served.origin}/api/webhooks/1/canary-of-the-hook`),
    ...served,
  };
}

test('without a webhook the owner of the application gets a direct message that pings nobody', async () => {
  await using sandbox = await openSilentSandbox();
  const discord = { token: new Secret(sandbox.token), apiUrl: sandbox.apiUrl };
  const where = await writeToOperator('Trouble.', { discord }, never);
  await writeToOperator('More.', { discord }, never);
  expect(where).toBe('1 of 1 owner of the application');
  expect(sandbox.directMessages()).toMatchObject([
    { to: 'Olga', text: 'Trouble.' },
    { to: 'Olga', text: 'More.' },
  ]);
  expect(sandbox.requests().map(({ body }) => body)).toContainEqual({
    content: 'Trouble.',
    allowed_mentions: { parse: [] },
  });
});

test('a webhook is posted what Discord and others read, in place of a direct message', async () => {
  await using hook = await openWebhook((_, response) => response.writeHead(204).end());
  const where = await writeToOperator('Trouble.', { webhook: hook.webhook }, never);
  expect(where).toBe('the webhook of OPERATOR_WEBHOOK');
  expect(hook.bodies).toEqual([
    { content: 'Trouble.', text: 'Trouble.', allowed_mentions: { parse: [] } },
  ]);
});

test.each([
  ['refuses', 404, {}],
  ['sends on', 302, { location: 'http://127.0.0.1:9/' }],
])(
  'a webhook that %s is a failure that does not quote its address',
  async (_, status, headers) => {
    await using hook = await openWebhook((_request, response) =>
      response.writeHead(status, headers).end('canary-of-the-hook'),
    );
    const sent = writeToOperator('Trouble.', { webhook: hook.webhook }, never);
    const error = await sent.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'discord.unsent' });
    expect(`${(error as Error).message} ${(error as Error).cause}`).not.toContain(
      'canary',
    );
    expect(hook.bodies).toHaveLength(1);
  },
);
