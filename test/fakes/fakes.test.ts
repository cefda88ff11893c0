import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { testChatModel } from '#test/contracts/chat-model-contract.ts';
import { testSynthesizer } from '#test/contracts/synthesizer-contract.ts';
import { testTranscriber } from '#test/contracts/transcriber-contract.ts';
import { FakeChat } from './fake-chat.ts';
import { FakeSynthesizer, FakeTranscriber } from './fake-speech.ts';
import { TcpProxy } from './tcp-proxy.ts';

testChatModel('a scripted model', async () => ({
  model: new FakeChat([['It is', ' four', ' now.']]),
  [Symbol.asyncDispose]: async () => undefined,
}));

const makeUtterance = (level: number, text: string) => {
  const samples = new Int16Array(1600).fill(level);
  return { pcm: { samples, rateHz: 16_000, channels: 1 }, text } as const;
};
const [one, other] = [makeUtterance(100, 'hello'), makeUtterance(200, 'good morning')];

testTranscriber(
  'a recogniser that was told what to hear',
  () =>
    new FakeTranscriber({
      texts: ({ samples }) => (samples[0] === 100 ? one.text : other.text),
      partials: ['he'],
    }),
  [one, other],
);

testSynthesizer('a voice of constant samples', () => new FakeSynthesizer());

test('a proxy with a network passes bytes on in order, an opening and a round trip later', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // the proxy ends with a reset
    socket.pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  {
    await using proxy = await TcpProxy.open(
      { host: '127.0.0.1', port },
      { roundTripMs: 40, bytesPerMs: 100 },
    );
    const socket = connect(proxy.port, '127.0.0.1');
    const beganMs = performance.now();
    const sent = Buffer.from(Array.from({ length: 1_000 }, (_, n) => n % 256));
    for (let at = 0; at < sent.length; at += 100)
      socket.write(sent.subarray(at, at + 100));
    let received = Buffer.alloc(0);
    for await (const bytes of socket) {
      received = Buffer.concat([received, bytes]);
      if (received.length >= sent.length) break;
    }
    expect(received).toEqual(sent);
    // 40 ms for the opening, 40 ms there and back, and 10 ms for 1,000 bytes.
    expect(performance.now() - beganMs).toBeGreaterThan(85);
  }
  server.close();
});
