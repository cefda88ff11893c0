import '#src/discord/library/sodium.ts';
import { entersState, VoiceConnectionStatus } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { similarity } from '#src/audio/echo/similarity.ts';
import {
  ada,
  bob,
  chirp,
  cleo,
  enter,
  guildId,
  heardFrames,
  record,
  soon,
  speech,
} from '#test/sandbox/voice/voice-callers.ts';
import { bot, decoded, join, listen, play, privacyCode } from './voice-library-bot.ts';

test('the unmodified voice library joins, hears and is heard end to end', async () => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  await person.settled([bot], soon());
  const said = await speech('human-cards-001');
  const packets = listen(joined.connection, ada);
  await person.speak(said, soon());
  expect(packets.length).toBeGreaterThan(56);
  expect(similarity(await decoded(packets), said)).toBeGreaterThan(0.9);
  const heard = record(person);
  await play(joined.connection, said);
  await heardFrames(heard, 58);
  expect(heard.frames.filter(({ audible, sealed }) => audible && !sealed)).toEqual([]);
  expect(similarity(heard.pcm(bot), said)).toBeGreaterThan(0.9);
  expect(privacyCode(joined.connection)).toMatch(/^\d{30}$/);
});

test('the voice library keeps up with people who come and go', async () => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  const codes = new Set<string | undefined>();
  for (const [round, userId] of [bob, cleo, bob, cleo].entries()) {
    await using guest = await enter(server, userId);
    await Promise.all([guest.settled([ada, bot], soon()), person.settled([userId, bot], soon())]);
    const packets = listen(joined.connection, userId);
    await guest.speak(chirp(300, 300), soon());
    expect(packets.length, `round ${round}`).toBeGreaterThan(8);
    expect(packets.filter((packet) => packet.readUInt16BE(packet.length - 2) === 0xfafa)).toEqual(
      [],
    );
    codes.add(privacyCode(joined.connection));
  }
  expect(codes.size).toBe(4);
});

test('the voice library resumes when its socket breaks', async () => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  await person.settled([bot], soon());
  const { state } = joined.connection;
  if (state.status !== VoiceConnectionStatus.Ready) throw new Error(state.status);
  const { networking } = state;
  if (!('ws' in networking.state)) throw new Error('no socket');
  const opened = networking.state.ws;
  (opened as unknown as { ws: { terminate(): void } }).ws.terminate();
  await using guest = await enter(server, bob);
  await Promise.all([guest.settled([ada, bot], soon()), person.settled([bob, bot], soon())]);
  expect(joined.signalled()).toBe(1);
  const packets = listen(joined.connection, bob);
  await guest.speak(await speech('human-cards-001'), soon());
  expect(packets.length).toBeGreaterThan(56);
});

test('the voice library comes back by itself after its session ended', async () => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  await person.settled([bot], soon());
  server.expel(guildId, bot, 4006);
  await person.settled([], soon());
  await entersState(joined.connection, VoiceConnectionStatus.Ready, soon());
  await person.settled([bot], soon());
  expect(joined.signalled()).toBe(2);
});
