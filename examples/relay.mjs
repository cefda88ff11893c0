// Passes speech on to a browser while it is made, so that the token stays on this machine.
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const {
  PARLEY_TOKEN,
  PARLEY_URL = 'http://127.0.0.1:8789/v1',
  PORT = '8800',
} = process.env;

/** `new Audio('/speech?text=Hello.').play()` is all that the page needs. */
const page = `<!doctype html><title>Speech</title><form><input name="text" value="Hello, all of you."><button>Speak</button></form>
<script>document.querySelector('form').onsubmit = (event) => {
  event.preventDefault();
  new Audio('/speech?text=' + encodeURIComponent(event.target.text.value)).play();
};</script>`;

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://relay');
  if (pathname !== '/speech') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    return;
  }
  const hangUp = new AbortController();
  response.once('close', () => hangUp.abort());
  try {
    const speech = await fetch(`${PARLEY_URL}/audio/speech`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${PARLEY_TOKEN}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        model: 'parley',
        voice: 'default',
        input: searchParams.get('text') ?? '',
        response_format: 'mp3',
      }),
      signal: hangUp.signal,
    });
    // A refusal is JSON and is passed on as such; its status tells the browser not to play it.
    response.writeHead(speech.status, {
      'content-type': speech.headers.get('content-type') ?? 'application/octet-stream',
      'x-accel-buffering': 'no',
    });
    if (speech.body) await pipeline(Readable.fromWeb(speech.body), response);
    else response.end();
  } catch {
    // The browser left, or the bot cannot be reached.
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  }
});
server.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
);
