import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { identify, Raw, type RawMessage, select } from './raw-voice.ts';
import { ada, bob, enter, guildId, settle, soon, ticketOf } from './voice-callers.ts';

test.each([
  ['no ticket at all', { user_id: bob }, 4004],
  ['another token', { token: 'guessed' }, 4004],
  ['another session', { session_id: 'old' }, 4006],
  ['no end-to-end encryption', { max_dave_protocol_version: 0 }, 4017],
])('somebody with %s is refused', async (_, change, code) => {
  await using server = await openVoiceServer();
  server.admit(ticketOf(ada));
  const raw = new Raw(server);
  await raw.say(identify(ada, change));
  expect(await raw.closed).toBe(code);
});

test('a refused client names the close code', async () => {
  await using server = await openVoiceServer();
  const { endpoint, certificate } = server;
  const call = { endpoint, certificate, ticket: ticketOf(ada), codec: await loadOpus() };
  await expect(connectVoice(call, soon())).rejects.toThrow('4004');
});

test.each([
  ['anything before identifying', [{ op: 5, d: { speaking: 1, ssrc: 1 } }], 4003],
  ['identifying twice', [identify(ada), identify(ada)], 4005],
  ['no JSON', [identify(ada), '{"op":'], 4002],
  ['an unknown opcode', [identify(ada), { op: 99, d: {} }], 4001],
  ['a known opcode with strange contents', [identify(ada), { op: 1, d: 7 }], 4020],
  ['an unknown cipher', [identify(ada), select('rot13')], 4016],
  ['one byte', [identify(ada), Buffer.of(26)], 4020],
  ['no byte', [identify(ada), Buffer.alloc(0)], 4001],
  [
    'a key package of noise',
    [identify(ada), Buffer.concat([Buffer.of(26), randomBytes(300)])],
    4020,
  ],
  ['a commit of noise', [identify(ada), Buffer.concat([Buffer.of(28), randomBytes(300)])], 4020],
  ['a message far too long', [identify(ada), Buffer.alloc(100_000)], 1009],
])('%s closes that socket, and no other', async (_, frames, code) => {
  await using server = await openVoiceServer();
  await using other = await enter(server, bob);
  server.admit(ticketOf(ada));
  const raw = new Raw(server);
  await raw.say(...frames);
  expect(await raw.closed).toBe(code);
  server.expel(guildId, ada, 4014);
  await settle({ [bob]: other });
});

test('noise on the UDP port harms nobody', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  await using two = await enter(server, bob);
  const raw = new Raw(server);
  server.admit({ ...ticketOf(ada), guildId: '7' });
  await raw.say(identify(ada, { server_id: '7' }));
  const { d } = await raw.hear(2);
  const udp = createSocket('udp4');
  for (let size = 0; size < 200; size++) {
    const noise = randomBytes(size);
    if (size % 3 === 0 && size > 12) noise.set([0x90, 0x78, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0xe9]);
    await new Promise((sent) => udp.send(noise, Number(d.port), '127.0.0.1', sent));
  }
  udp.close();
  raw.socket.close(1000);
  await settle({ [ada]: one, [bob]: two });
});

test('IP discovery tells a client the address it is seen from', async () => {
  await using server = await openVoiceServer();
  server.admit(ticketOf(ada));
  const raw = new Raw(server);
  await raw.say(identify(ada));
  const { d } = await raw.hear(2);
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const request = Buffer.alloc(74);
  request.writeUInt32BE(0x0001_0046);
  request.writeUInt32BE(Number(d.ssrc), 4);
  udp.send(request, Number(d.port), '127.0.0.1');
  const [answer]: Buffer[] = await once(udp, 'message', { signal: soon() });
  expect(answer?.readUInt16BE()).toBe(2);
  expect(answer?.toString('latin1', 8, 17)).toBe('127.0.0.1');
  expect(answer?.readUInt16BE(72)).toBe(udp.address().port);
  udp.close();
  raw.socket.close(1000);
});

test('a client that sends no heartbeats is taken for dead', async () => {
  await using server = await openVoiceServer({ heartbeatMs: 20 });
  server.admit(ticketOf(ada));
  const raw = new Raw(server);
  await raw.say(identify(ada));
  expect((await raw.hear(8)).d).toMatchObject({ v: 8, heartbeat_interval: 20 });
  expect(await raw.closed).toBe(4009);
});

test('a client that sends heartbeats is answered and stays', async () => {
  await using server = await openVoiceServer({ heartbeatMs: 300 });
  await using one = await enter(server, ada);
  const raw = new Raw(server);
  server.admit(ticketOf(bob));
  await raw.say(identify(bob), { op: 3, d: { t: 1234, seq_ack: 1 } });
  expect((await raw.hear(6)).d).toEqual({ t: 1234 });
  expect(await raw.closed).toBe(4009);
  await one.settled([], soon());
});

test('a resume repeats what was not acknowledged, and only that', async () => {
  await using server = await openVoiceServer();
  server.admit(ticketOf(ada));
  const first = new Raw(server);
  await first.say(identify(ada));
  const { seq } = await first.hear(2);
  first.socket.terminate();
  await using two = await enter(server, bob);
  const second = new Raw(server);
  const { d } = identify(ada) as RawMessage;
  await second.say({ op: 7, d: { ...d, seq_ack: seq } });
  expect((await second.hear(11)).d).toEqual({ user_ids: [bob] });
  expect(second.reported.map(({ op }) => op)).toEqual([8, 9, 11, 18, 20]);
  second.socket.close(1000);
  await settle({ [bob]: two });
});

test('a session that was never there, or is too old, cannot be resumed', async () => {
  await using server = await openVoiceServer({ resumeMs: 0 });
  server.admit(ticketOf(ada));
  const { d } = identify(ada) as RawMessage;
  const stranger = new Raw(server);
  await stranger.say({ op: 7, d: { ...d, seq_ack: -1 } });
  expect(await stranger.closed).toBe(4006);
});

test('a new ticket takes the place of the former one', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  const gone = one.settled([bob], soon());
  const newer = { ...ticketOf(ada), token: 'newer' };
  server.admit(newer);
  const raw = new Raw(server);
  await raw.say(identify(ada, { token: newer.token }));
  await raw.hear(2);
  await expect(gone).rejects.toMatchObject({ code: 'link.lost' });
  raw.socket.close(1000);
});
