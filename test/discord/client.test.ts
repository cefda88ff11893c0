import type { RequestListener } from 'node:http';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

const never = new AbortController().signal;

/** An API that answers every request in one way. */
async function serveAnswer(answer: RequestListener) {
  const served = await openListeningServer(answer);
  onTestFinished(() => served[Symbol.asyncDispose]());
  return `${served.origin}/api`;
}

// Proves: REST, gateway and voice of Discord by fake (discord.js and @discordjs/voice)
test('a refused token is named, with the page where to get a new one', async () => {
  const apiUrl = await serveAnswer((_, response) => {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end('{"message":"401: Unauthorized","code":0}');
  });
  const refusal = await openDiscord({ token: 'wrong.token', apiUrl }, never).catch(
    (error) => error,
  );
  expect(refusal).toMatchObject({ code: 'discord.bad_token', retryable: false });
  expect(refusal.message).toContain('https://discord.com/developers/applications');
  expect(refusal.message).not.toContain('wrong.token');
});

test.each<[string, number, string, string]>([
  ['a web page', 200, 'text/html', 'answered with a web page'],
  ['JSON of something else', 200, 'application/json', 'answered with a web page'],
  ['an error', 404, 'text/html', 'answered with an error (404)'],
  ['a proxy’s error', 502, 'text/html', 'answered with an error (502)'],
])(
  '%s in place of the API (%i %s) is told as one that %s',
  async (_, status, type, text) => {
    const apiUrl = await serveAnswer((_request, response) => {
      response
        .writeHead(status, { 'content-type': type })
        .end(type === 'text/html' ? '<p>' : '{}');
    });
    const refusal = await openDiscord({ token: 'wrong.token', apiUrl }, never).catch(
      (error) => error,
    );
    expect(refusal).toMatchObject({ code: 'discord.unreachable' });
    expect(refusal.message).toBe(
      `Discord at ${apiUrl} ${text}: check DISCORD_API_URL and that it runs.`,
    );
  },
);
