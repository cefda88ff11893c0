import { randomBytes } from 'node:crypto';
import { makeVoiceCipher, PacketSealer } from '#sandbox/voice/rtp-packet.ts';
import { HeldDatagrams } from '#src/discord/link/consented-receiver.ts';
import { makeSealedDatagram } from '#test/discord/setup/sealed-datagram.ts';
import { countOpened, makeVoicedPacket, openReceiver } from './unbound-receiver.ts';

test('sound that is more than two seconds ahead of real time is dropped unopened and counted, by person', () => {
  const { name, say, heard, voiceReceiver, receiver, timing } = openReceiver(
    () => true,
  );
  name(5, 'ann');
  name(6, 'ben');
  const long = Buffer.concat([Buffer.from([0xfb, 6]), randomBytes(60)]); // six frames of 20 ms
  for (let n = 0; n < 800; n++) say(5, long);
  expect(heard.length * 120).toBeLessThanOrEqual(2_120);
  const count = countOpened(receiver);
  say(5, long);
  expect([count.opened, voiceReceiver.counts.ahead]).toEqual([0, 801 - heard.length]);
  const countBefore = heard.length;
  say(6);
  timing.passMs(1_000);
  for (let n = 0; n < 800; n++) say(5, long);
  expect(heard.length - countBefore - 1).toBeLessThanOrEqual(9);
});

test('datagrams by the thousand that are no voice of anybody known are counted one by one, and voice goes on', () => {
  const {
    name,
    say,
    arrive,
    sealed,
    heard,
    voiceReceiver: receiver,
  } = openReceiver(() => true);
  name(5, 'ann');
  const [short, forged] = [randomBytes(20), sealed(5)];
  forged.writeUInt8(forged.readUInt8(20) ^ 1, 20);
  for (let n = 0; n < 12_500; n++) {
    arrive(short);
    arrive(forged);
    arrive(makeSealedDatagram(makeVoicedPacket(), randomBytes(32), 1_000 + n));
  }
  expect(receiver.counts).toMatchObject({
    unparsed: 12_500,
    held: 12_500,
  });
  say(5);
  expect(heard).toHaveLength(1);
});

test('a source that is given to somebody else in mid-word is theirs from the next packet on', () => {
  const allowed = new Set(['ann', 'ben']);
  const { name, say, heard, receiver } = openReceiver((id) => allowed.has(id));
  name(5, 'ann');
  say(5);
  name(5, 'ben');
  say(5);
  expect(heard.map(({ speakerId }) => speakerId)).toEqual(['ann', 'ben']);
  const count = countOpened(receiver);
  name(5, 'eva');
  say(5);
  expect([heard.length, count.opened]).toEqual([2, 0]);
});

test("a person's former source is nobody's once Discord names another one, until somebody has it", () => {
  const { name, say, heard, voiceReceiver } = openReceiver(() => true);
  name(5, 'ann');
  name(6, 'ann');
  say(5);
  expect([heard.length, voiceReceiver.counts.held]).toEqual([0, 1]);
  say(6);
  name(5, 'ben');
  expect(heard.map(({ speakerId }) => speakerId)).toEqual(['ann', 'ben']);
});

test("on another voice server no former source is anybody's, nor what came from it", () => {
  const { name, say, heard, voiceReceiver } = openReceiver(() => true);
  name(5, 'ann');
  say(6);
  voiceReceiver.restart();
  say(5);
  name(6, 'ben');
  expect(heard).toEqual([]);
  name(5, 'ben');
  expect(heard.map(({ speakerId }) => speakerId)).toEqual(['ben']);
});

// Proves: Nothing is read of a person who may not be heard by fake
test('of people who may not be heard nothing is read, whatever is in their packets', () => {
  const agreed = new Set(['ann']);
  const { name, say, sealed, arrive, voiceReceiver, receiver, heard, failed, timing } =
    openReceiver((id) => agreed.has(id));
  const senders: string[] = [];
  voiceReceiver.onUnheard((speakerId) => senders.push(speakerId));
  name(5, 'ann');
  name(6, 'ben');
  const count = countOpened(receiver);
  timing.passMs(40);
  const datagram = sealed(6);
  arrive(Buffer.from(datagram));
  arrive(Buffer.concat([datagram.subarray(0, 12), randomBytes(60)])); // no key opens it
  arrive(Buffer.from([0x80, 0x78, 1])); // too short for a header
  arrive(sealed(7)); // of nobody that Discord has named
  expect(senders).toEqual(['ben', 'ben']);
  expect([count.opened, heard, voiceReceiver.counts.notAllowed]).toEqual([0, [], 2]);
  say(5);
  expect([count.opened, senders.length]).toEqual([1, 2]);
  voiceReceiver.onUnheard(() => {
    throw new Error('a bug');
  });
  say(6);
  expect(failed).toEqual([new Error('a bug')]);
  const { notAllowed } = voiceReceiver.counts;
  voiceReceiver.close();
  for (const ssrc of [5, 6]) say(ssrc);
  expect([failed.length, count.opened]).toEqual([1, 1]);
  expect(voiceReceiver.counts.notAllowed).toBe(notAllowed);
});

test.each([true, false])(
  'padding is no voice, and the group is shown none of it (with an extension: %s)',
  (isExtended) => {
    const { name, arrive, key, heard, receiver } = openReceiver(() => true);
    const shown: Buffer[] = [];
    const dave = { decrypt: (frame: Buffer) => shown.push(frame) && frame };
    const state = { status: 'ready', networking: { state: { dave } } };
    Object.assign(receiver.voiceConnection, { state });
    name(5, 'ann');
    const sealer = new PacketSealer(
      makeVoiceCipher('aead_aes256_gcm_rtpsize', key),
      isExtended,
    );
    const sayPayload = (payload: Buffer, paddingBytes: number) =>
      arrive(
        sealer.sealPacket({
          sequence: 1,
          timestamp: 1,
          ssrc: 5,
          payload,
          paddingBytes,
        }),
      );
    for (const paddingBytes of [0, 1, 255]) {
      sayPayload(makeVoicedPacket(), paddingBytes);
      sayPayload(Buffer.alloc(0), paddingBytes);
    }
    expect(shown).toEqual([makeVoicedPacket(), makeVoicedPacket(), makeVoicedPacket()]);
    expect(heard.map(({ opus }) => opus.length > 0)).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
  },
);

const makeDatagram = (n: number) => Buffer.from([n]);

test('a flood of made-up sources costs no more than 32 of them', () => {
  const held = new HeldDatagrams();
  for (let ssrc = 0; ssrc < 1_000; ssrc++) held.put(ssrc, makeDatagram(1), 0);
  const kept = [...Array(1_000).keys()].filter(
    (ssrc) => held.removePackets(ssrc, 0).length > 0,
  );
  expect(kept).toEqual([...Array(32).keys()].map((n) => n + 968));
});
