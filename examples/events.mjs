// Greets whoever is heard first after the bot has joined: it reads what happens in a server, and says a text there.
import { createParser } from 'eventsource-parser';

const {
  PARLEY_URL = 'http://127.0.0.1:8789/v1',
  PARLEY_TOKEN,
  PARLEY_SERVER,
} = process.env;
if (!PARLEY_TOKEN || !PARLEY_SERVER) {
  const create =
    'npm run token -- create NAME --server ID --scopes events,say --channels ID';
  console.error(`PARLEY_TOKEN and PARLEY_SERVER are not set: ${create}`);
  process.exit(1);
}
const server = `${PARLEY_URL}/servers/${PARLEY_SERVER}`;
const authorization = `Bearer ${PARLEY_TOKEN}`;
let isGreeted = true;

async function react({ type, name }) {
  console.log(type, name ?? '');
  if (type === 'joined') isGreeted = false;
  if (type !== 'heard' || !name || isGreeted) return;
  isGreeted = true;
  const headers = { authorization, 'content-type': 'application/json' };
  await fetch(`${server}/say`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ text: `Hello, ${name}.` }),
  });
}

const parser = createParser({
  onComment: (words) => console.log(words.trim()),
  onEvent: ({ data }) => void react(JSON.parse(data)),
});
// The server ends the stream after a quarter of an hour.
for (;;) {
  const { body, status } = await fetch(`${server}/events`, {
    headers: { authorization },
  });
  if (status !== 200) throw new Error(`The server answered ${status}.`);
  for await (const text of body.pipeThrough(new TextDecoderStream())) parser.feed(text);
}
