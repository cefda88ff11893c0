import '#src/discord/library/sodium.ts';
import { entersState, VoiceConnectionStatus } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { similarity } from '#src/audio/echo/similarity.ts';
import { checkCiphers } from '#src/discord/library/cipher-check.ts';
import {
  ada,
  bob,
  enter,
  heardFrames,
  record,
  soon,
  speech,
} from '#test/sandbox/voice/voice-callers.ts';
import { bot, cipherOf, decoded, join, listen, play } from './voice-library-bot.ts';

test('the unmodified voice library hears and is heard where only XChaCha20 is offered', async () => {
  expect(await checkCiphers()).toBe('sodium-native');
  await using server = await openVoiceServer({ modes: ['aead_xchacha20_poly1305_rtpsize'] });
  await using person = await enter(server, ada);
  using joined = await join(server);
  await person.settled([bot], soon());
  expect(cipherOf(joined.connection)).toBe('aead_xchacha20_poly1305_rtpsize');
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
});

test('the voice library takes the cipher the server offers first', async () => {
  await using server = await openVoiceServer({
    modes: ['aead_xchacha20_poly1305_rtpsize', 'aead_aes256_gcm_rtpsize'],
  });
  using joined = await join(server);
  expect(cipherOf(joined.connection)).toBe('aead_xchacha20_poly1305_rtpsize');
});

test.each([1000, 1006, 4015])('the voice library resumes after code %i', async (code) => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  await person.settled([bot], soon());
  server.faults.close(bot, code);
  await using guest = await enter(server, bob);
  await Promise.all([guest.settled([ada, bot], soon()), person.settled([bob, bot], soon())]);
  expect(joined.signalled()).toBe(1);
});

test.each(['identify', 'ready', 'select', 'described', 'settled'] as const)(
  'the voice library is closed once at the step %s, and gets in the second time',
  async (step) => {
    await using server = await openVoiceServer();
    await using person = await enter(server, ada);
    server.faults.closeAt(bot, step, 4006, 1);
    using joined = await join(server);
    const again = AbortSignal.timeout(4000);
    while (joined.signalled() < 2 && !again.aborted) await new Promise(setImmediate);
    await entersState(joined.connection, VoiceConnectionStatus.Ready, soon());
    await person.settled([bot], soon());
    expect(joined.signalled()).toBe(2);
  },
);

test('the voice library hears what is left of a lossy, jittery line', async () => {
  await using server = await openVoiceServer();
  await using person = await enter(server, ada);
  using joined = await join(server);
  await person.settled([bot], soon());
  server.faults.network(bot, { down: { loss: 0.2, jitterMs: 30, duplicates: 0.1 } });
  const packets = listen(joined.connection, ada);
  await person.speak(await speech('human-cards-001'), soon());
  const left = packets.filter((packet) => packet.length > 3);
  expect(left.length).toBeGreaterThan(33);
  expect(left.length).toBeLessThan(60);
});
