// Program of its own: sends encoded speech to the bare loop, and takes what it sends.
import type { Socket } from 'node:dgram';
import { serveOrders } from '#bench/processes/child-program.ts';
import { VoiceSealer } from '#sandbox/voice/rtp.ts';
import { voiceCipher } from '#sandbox/voice/voice-cipher.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import {
  connectSockets,
  openSockets,
  peopleTick,
  portsOf,
  runStreams,
  streamsOf,
} from './bare-streams.ts';
import type { BareLoad, BareOrder } from './orders.ts';
import { encodedQuestions } from './questions.ts';

const spoken = (await encodedQuestions(await loadOpus())).flatMap(({ frames }) => frames);
const cipher = voiceCipher('aead_aes256_gcm_rtpsize', Buffer.alloc(32, 1));
let sockets: readonly Socket[] = [];
let stop = () => {};

serveOrders<BareOrder>(async (order) => {
  switch (order.do) {
    case 'open':
      sockets = await openSockets(order.sockets);
      return portsOf(sockets);
    case 'run':
      return await run(order.load, order.ports);
    case 'close':
      stop();
      for (const socket of sockets) socket.close();
      return undefined;
    case 'begin':
    case 'end':
      return undefined;
  }
});

async function run({ sockets: count, receivedPerMinute }: BareLoad, ports: readonly number[]) {
  for (const socket of sockets) socket.on('message', () => undefined);
  await connectSockets(sockets, ports);
  const streams = streamsOf(count, receivedPerMinute, peopleTick);
  const sequences = streams.map(() => 0);
  const sealer = new VoiceSealer(cipher, true);
  stop = runStreams(streams, ({ socket }, ssrc) => {
    const sequence = ((sequences[ssrc] ?? 0) + 1) & 0xffff;
    sequences[ssrc] = sequence;
    const { opus: payload } = spoken[sequence % spoken.length] ?? {
      opus: Buffer.of(0xf8, 0xff, 0xfe),
    };
    sockets[socket]?.send(sealer.seal({ sequence, timestamp: sequence * 960, ssrc, payload }));
  });
}
