import type { ServerResponse } from 'node:http';
import { BotError } from '#src/base/errors.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { speakWords } from '#test/fakes/tone-words.ts';

const staying = new AbortController().signal;
const utterance = 'my pin is four seven one one';

type Quote = (quoted: string, response: ServerResponse) => void;

/** A server that answers whatever is asked with what was asked. */
async function failureAt(
  quote: Quote,
  ask: (baseUrl: string) => AsyncIterable<unknown>,
) {
  await using served = await openListeningServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    quote(body, response);
  });
  try {
    for await (const _ of ask(`${served.origin}/v1`));
  } catch (error) {
    if (error instanceof BotError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

const asChat = (baseUrl: string) => {
  const model = openChatModel(openClient({ baseUrl }), { model: 'm' });
  return model.reply([{ role: 'user', name: 'Eva', content: utterance }], [], staying);
};
const asSpeech = (baseUrl: string) => {
  const voice = new OpenAiSynthesizer(openClient({ baseUrl }), {
    model: 'm',
    voice: 'v',
    format: 'pcm',
  });
  return voice.synthesize(utterance, {}, staying);
};

/** The words of sound are known to nobody but the server. */
const asSound = (baseUrl: string) => {
  const model = openChatModel(openClient({ baseUrl }), { model: 'm' });
  const sound = {
    role: 'user',
    name: '',
    content: '',
    wav: Buffer.from(utterance),
    getWords: () => Promise.resolve(utterance),
  } as const;
  return model.reply([sound], [], staying);
};
const asUpload = (baseUrl: string) => {
  const transcriber = new OpenAiTranscriber(openClient({ baseUrl }), { model: 'm' });
  return transcriber.transcribe(speakWords('nova one two three').pcm, staying);
};

const withStatus =
  (status: number): Quote =>
  (quoted, response) => {
    const error = {
      message: `Flagged: ${utterance} ${quoted}`,
      type: 'invalid_request_error',
      code: quoted,
    };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error }));
  };
const inStream: Quote = (quoted, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const error = { message: `${utterance} ${quoted}`, code: 'content_filter' };
  response.end(`data: ${JSON.stringify({ error })}\n\n`);
};
const asJson: Quote = (quoted, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message: `${utterance} ${quoted}` } }));
};
const asPage: Quote = (quoted, response) => {
  response.writeHead(403, { 'content-type': 'text/html' });
  response.end(`<!DOCTYPE html><title>Attention</title>${utterance} ${quoted}`);
};
const brokenStream: Quote = (quoted, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`data: {"choices": ${quoted.replaceAll('"', '')}\n\n`);
};

const statuses = [
  400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 424, 429, 451, 500, 503, 504, 529,
];
const cases: readonly [string, Quote][] = [
  ...statuses.map((status): [string, Quote] => [
    `the status ${status}`,
    withStatus(status),
  ]),
  ['an error inside a stream', inStream],
  ['an error in place of an answer', asJson],
  ['a page of a firewall', asPage],
  ['a stream that is no JSON', brokenStream],
];

test.each(cases)(
  'what somebody said and a server quotes in %s is not in the sentence for the log',
  async (_, quote) => {
    for (const ask of [asChat, asSpeech, asSound, asUpload]) {
      const error = await failureAt(quote, ask);
      expect(error.message).not.toContain('four seven');
      expect(`${error.cause}`).not.toContain('four seven');
    }
  },
);

test.each([401, 403, 404])(
  'why a server refuses the key or the model (%i) is told',
  async (status) => {
    const reportError: Quote = (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"no such model"}}');
    };
    expect((await failureAt(reportError, asChat)).message).toContain('no such model');
  },
);
