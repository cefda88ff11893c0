import type { ServerResponse } from 'node:http';
import { writeOggOpus } from '#src/audio/encode/ogg-opus-pages.ts';
import { LiveSound } from '#src/audio/live-sound.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/api-client.ts';
import { drainAnswer } from '#test/contracts/pipeline-contract.ts';
import { answerStream } from '#test/fakes/providers/mock-audio-chat.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { listWords, toAudioChunk } from './chat-server.ts';

type Handle = (response: ServerResponse) => void;

const answerSound: Handle = (response) => answerStream(toAudioChunk('a'))(response, {});
const keepSilent: Handle = () => undefined;
const refuseRequest =
  (status: number): Handle =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');

/** A model that hears. Of a request in chunks its server does `begin` and `end`; whole ones are answered. */
async function openHearing(
  begin: Handle = keepSilent,
  end = begin === keepSilent ? answerSound : keepSilent,
) {
  const requests: { how: string; body: string; isClosed: boolean }[] = [];
  const server = await openListeningServer((request, response) => {
    const isWhole = request.headers['content-length'] !== undefined;
    const entry = { how: isWhole ? 'whole' : 'part', body: '', isClosed: false };
    requests.push(entry);
    if (!isWhole) begin(response);
    request.setEncoding('utf8').on('data', (text) => {
      entry.body += text;
    });
    request.on('end', () => {
      if (!isWhole) entry.how = 'all parts';
      (isWhole ? answerSound : end)(response);
    });
    request.socket.once('close', () => {
      entry.isClosed = true;
    });
  });
  const client = openClient({ baseUrl: `${server.origin}/v1` });
  const model = openChatModel(client, { model: 'mock', voice: 'alloy' });
  return {
    ...server,
    requests,
    list: () => requests.map(({ how }) => how),
    feedLive: (live: LiveSound) => model.feed?.(makeMessages(0, live), [], live),
    async ask(
      messages: readonly ChatMessage[],
      { signal } = new AbortController(),
      text = 'Four.',
    ) {
      const replyStream = model.reply(messages, [], signal)[Symbol.asyncIterator]();
      expect(listWords((await drainAnswer(replyStream)).parts)).toBe(text);
    },
  };
}

/** Half a second of speech, each packet another one. */
const packets = Array.from({ length: 25 }, (_, n) =>
  Uint8Array.from({ length: 60 }, (__, at) => (at === 0 ? 0xf8 : n * at)),
);
const loud = new Int16Array(320).fill(5);

function makeMessages(
  count: number,
  live: LiveSound | undefined,
  content = 'Be brief, Zoë.',
): readonly ChatMessage[] {
  const said = packets.slice(0, count);
  const toOgg = () => (count > 0 ? writeOggOpus(said) : new Uint8Array());
  const sound = { wav: new Uint8Array(9), toOgg, live, words: async () => '' };
  return [
    { role: 'system', content },
    { role: 'user', name: 'Ana', content: '', ...sound },
  ];
}

/** Feeds an utterance, and waits until the server has much of it. */
async function speakUtterance(hearing: Awaited<ReturnType<typeof openHearing>>) {
  const [live, { length }] = [new LiveSound(), hearing.requests];
  hearing.feedLive(live);
  for (const opus of packets) live.push({ samples: loud, opus });
  await vi.waitFor(() =>
    expect(hearing.requests[length]?.body.length).toBeGreaterThan(1_800),
  );
  return live;
}

test('a request that was sent while its sound was spoken is the one that is sent as a whole', async () => {
  await using hearing = await openHearing();
  const live = await speakUtterance(hearing);
  expect(hearing.list()).toEqual(['part']);
  await hearing.ask(makeMessages(25, live));
  await hearing.ask(makeMessages(25, undefined));
  expect(hearing.list()).toEqual(['all parts', 'whole']);
  const [{ body } = { body: '' }, whole] = hearing.requests;
  expect(body).toBe(whole?.body);
  const data = writeOggOpus(packets).toString('base64');
  expect(JSON.parse(body).messages[1].content[1].input_audio.data).toBe(data);
});

test.each<[string, Handle]>([
  ['411', refuseRequest(411)],
  ['400', refuseRequest(400)],
  ['the end of the connection', (response) => response.destroy()],
  ['an answer to half of it', answerSound],
])(
  'a server that refuses parts by %s is asked by a whole request, and after two gets no parts again',
  async (_, refusal) => {
    await using hearing = await openHearing(refusal);
    for (const at of [0, 2]) {
      const live = new LiveSound();
      hearing.feedLive(live);
      await vi.waitFor(() => expect(hearing.requests[at]?.isClosed).toBe(true));
      await hearing.ask(makeMessages(25, live));
    }
    hearing.feedLive(new LiveSound());
    await hearing.ask(makeMessages(25, undefined));
    expect(hearing.list()).toEqual(['part', 'whole', 'part', 'whole', 'whole']);
  },
);

test('a server that loses requests now and then goes on to get them in parts', async () => {
  const lost = [true, false, true, false];
  await using hearing = await openHearing(keepSilent, (response) => {
    if (lost.shift()) response.destroy();
    else answerSound(response);
  });
  for (const _ of [1, 2, 3, 4])
    await hearing.ask(makeMessages(25, await speakUtterance(hearing)));
  expect(hearing.list().join()).toBe(
    'all parts,whole,all parts,all parts,whole,all parts',
  );
});

test('a server that is asked too often is not asked at once again', async () => {
  await using hearing = await openHearing(keepSilent, refuseRequest(429));
  await hearing.ask(makeMessages(25, await speakUtterance(hearing)), undefined, '');
  expect(hearing.list()).toEqual(['all parts']);
});

test('a server that says nothing to a request in parts is asked by a whole one, and gets no parts again', async () => {
  const late = new AbortController();
  using _ = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
  await using hearing = await openHearing(keepSilent, keepSilent);
  const asking = hearing.ask(makeMessages(25, await speakUtterance(hearing)));
  await vi.waitFor(() => expect(hearing.list()).toEqual(['all parts']));
  late.abort();
  await asking;
  hearing.feedLive(new LiveSound());
  await hearing.ask(makeMessages(25, undefined));
  expect(hearing.list()).toEqual(['all parts', 'whole', 'whole']);
});

test('a request that becomes another one is given up before its end, and sent as a whole', async () => {
  await using hearing = await openHearing();
  await hearing.ask(makeMessages(25, await speakUtterance(hearing), 'Be kind.'));
  await hearing.ask(makeMessages(9, await speakUtterance(hearing)));
  expect(hearing.list()).toEqual(['part', 'whole', 'part', 'whole']);
});

test.each<[string, (live: LiveSound) => void]>([
  ['that nobody answers', (live) => live.end()],
  ['that comes without its packet', (live) => live.push({ samples: loud })],
])('sound %s ends its request', async (_, change) => {
  await using hearing = await openHearing();
  change(await speakUtterance(hearing));
  await vi.waitFor(() => expect(hearing.requests[0]?.isClosed).toBe(true));
  expect(hearing.list()).toEqual(['part']);
});

test('an answer that is given up ends its request, and the sound begins another', async () => {
  await using hearing = await openHearing(keepSilent, keepSilent);
  const live = await speakUtterance(hearing);
  const abort = new AbortController();
  const asking = hearing.ask(makeMessages(25, live), abort, '');
  await vi.waitFor(() => expect(hearing.list()).toEqual(['all parts']));
  abort.abort();
  await vi.waitFor(() => expect(hearing.requests[0]?.isClosed).toBe(true));
  await asking;
  hearing.feedLive(live);
  await vi.waitFor(() => expect(hearing.list()).toEqual(['all parts', 'part']));
});
