// Program of its own: only receives, decrypts, decodes, encodes, encrypts and sends voice packets, with the libraries of the bot.
import type { Socket } from 'node:dgram';
import { serveOrders } from '#bench/processes/child-program.ts';
import { openVoice, VoiceSealer } from '#sandbox/voice/rtp.ts';
import { voiceCipher } from '#sandbox/voice/voice-cipher.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusDecoder } from '#src/audio/opus/opus.ts';
import { tone } from '#test/fakes/providers/sound.ts';
import { connectSockets, openSockets, portsOf, runStreams, streamsOf } from './bare-streams.ts';
import type { BareCounts, BareLoad, BareOrder } from './orders.ts';

/** Sample rates that the bot hears and speaks with. */
const [hearHz, speakHz] = [16_000, 24_000] as const;
const frameSamples = speakHz / 50;
const codec = await loadOpus();
const sound = tone('', speakHz, 1);
const frames = Array.from({ length: Math.floor(sound.length / frameSamples) }, (_, n) =>
  sound.subarray(n * frameSamples, (n + 1) * frameSamples),
);
const cipher = voiceCipher('aead_aes256_gcm_rtpsize', Buffer.alloc(32, 1));
let sockets: readonly Socket[] = [];
let stop = () => {};
let counts = { received: 0, sent: 0 };

serveOrders<BareOrder>(async (order) => {
  switch (order.do) {
    case 'open':
      sockets = await openSockets(order.sockets);
      return portsOf(sockets);
    case 'run':
      return await run(order.load, order.ports);
    case 'begin':
      counts = { received: 0, sent: 0 };
      return undefined;
    case 'end':
      return counts satisfies BareCounts;
    case 'close':
      stop();
      for (const socket of sockets) socket.close();
      return undefined;
  }
});

async function run({ sockets: count, sentPerMinute }: BareLoad, ports: readonly number[]) {
  const decoders = new Map<number, OpusDecoder>();
  for (const socket of sockets) socket.on('message', (datagram) => receive(datagram, decoders));
  await connectSockets(sockets, ports);
  const streams = streamsOf(count, sentPerMinute, 0);
  const senders = streams.map((_, ssrc) => senderOf(ssrc));
  stop = runStreams(streams, ({ socket }, n) => {
    const datagram = senders[n]?.();
    if (datagram) sockets[socket]?.send(datagram);
    counts.sent++;
  });
}

function receive(datagram: Buffer, decoders: Map<number, OpusDecoder>): void {
  const packet = openVoice(datagram, cipher);
  if (!packet) return;
  const decoder = decoders.get(packet.ssrc) ?? codec.decoder(hearHz);
  decoders.set(packet.ssrc, decoder);
  decoder.decode(packet.payload);
  counts.received++;
}

/** Makes one datagram after the other. */
function senderOf(ssrc: number): () => Buffer {
  const encoder = codec.encoder(speakHz);
  const sealer = new VoiceSealer(cipher, false);
  let sequence = 0;
  return () => {
    const payload = encoder.encode(
      frames[sequence % frames.length] ?? new Int16Array(frameSamples),
    );
    sequence = (sequence + 1) & 0xffff;
    return sealer.seal({ sequence, timestamp: sequence * 960, ssrc, payload });
  };
}
