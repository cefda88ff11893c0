import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/client.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { soundBytes, tone } from '#test/fakes/providers/sound.ts';
import { speakWords } from '#test/fakes/spoken-words.ts';

type Stop = 'before its headers' | 'in its middle' | 'after its last byte';

/** Answers every path well, up to a point. */
async function openStopping(stop: Stop) {
  let open = 0;
  const server = createServer(async (request, response) => {
    open++;
    response.on('close', () => open--);
    for await (const _ of request); // all of it, or the client is cut off
    if (stop === 'before its headers') return;
    const [type, body] = answerTo(request.url ?? '');
    response.writeHead(200, { 'content-type': type });
    if (stop === 'in its middle') response.write(body.subarray(0, body.length / 2));
    else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = openClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
  });
  return {
    client,
    open: () => open,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerTo(url: string): readonly [string, Buffer] {
  if (url.endsWith('/speech'))
    return ['audio/pcm', soundBytes(tone('Go on.', 24_000), 24_000, 'pcm')];
  if (url.endsWith('/transcriptions')) return ['application/json', Buffer.from('{"text":"four"}')];
  const chunk = { choices: [{ index: 0, delta: { content: 'Four.' }, finish_reason: 'stop' }] };
  return ['text/event-stream', Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`.repeat(2))];
}

type Client = Awaited<ReturnType<typeof openStopping>>['client'];
const roles: Readonly<
  Record<string, (client: Client, signal: AbortSignal) => AsyncIterable<unknown>>
> = {
  hearing: (client, signal) =>
    openTranscriber(client, { model: 'whisper-1' }).transcribe(speakWords('four five').pcm, signal),
  thinking: (client, signal) =>
    openChatModel(client, { model: 'm' }).reply(
      [{ role: 'user', name: 'Ana', content: 'hi' }],
      [],
      signal,
    ),
  speaking: (client, signal) =>
    openSynthesizer(client, { model: 'm', voice: 'v', format: 'pcm' }).synthesize(
      'Go.',
      {},
      signal,
    ),
};

const stops: readonly Stop[] = ['before its headers', 'in its middle', 'after its last byte'];

test.each(Object.keys(roles).flatMap((role) => stops.map((stop) => [role, stop] as const)))(
  '%s that is cancelled %s ends once, and leaves nothing open',
  async (role, stop) => {
    await using server = await openStopping(stop);
    const leaving = new AbortController();
    const reason = new Error('cancelled');
    const ends: unknown[] = [];
    const work = (async () => {
      for await (const _ of roles[role]?.(server.client, leaving.signal) ?? []);
    })().then(
      () => ends.push('completed'),
      (error: unknown) => ends.push(error),
    );
    if (stop === 'after its last byte') await work;
    else await expect.poll(server.open).toBe(1);
    leaving.abort(reason);
    leaving.abort(new Error('again'));
    await work;
    expect(ends).toEqual([stop === 'after its last byte' ? 'completed' : reason]);
    await expect.poll(server.open).toBe(0);
  },
);
