import '#src/discord/library/sodium.ts';
import { randomBytes } from 'node:crypto';
import { DAVESession, type VoiceConnection, VoiceReceiver } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { ConsentedReceiver } from '#src/discord/link/receiver.ts';
import { emptyNonce, mode, sealedDatagram } from '#test/discord/setup/sealed-datagram.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const ssrcs = { ann: 5, ben: 6 } as const;
type Name = keyof typeof ssrcs;

/** The library's own session and receiver over a group that opens every frame but those that begin with 0xbb. */
function open(lastTransitionId: number | undefined) {
  const [key, timing] = [randomBytes(32), new SteppedTiming()];
  const tolerant = { decryptionFailureTolerance: Number.POSITIVE_INFINITY };
  const dave = new DAVESession(1, '1', '2', tolerant);
  const group = {
    ready: true,
    canPassthrough: () => false,
    decrypt(_: string, __: number, frame: Buffer) {
      if (frame[0] === 0xbb) throw new Error('UnencryptedWhenPassthroughDisabled');
      return frame;
    },
    reinit: () => undefined,
    getSerializedKeyPackage: () => Buffer.alloc(1),
  };
  Object.assign(dave, { session: group, lastTransitionId });
  const state = { status: 'ready', networking: { state: { code: 4, dave } } };
  const connection = { state } as unknown as VoiceConnection;
  const receiver = new VoiceReceiver(connection);
  Object.assign(connection, { receiver });
  new ConsentedReceiver(
    connection,
    () => true,
    () => undefined,
    () => undefined,
    timing,
  );
  receiver.connectionData = { encryptionMode: mode, nonceBuffer: emptyNonce(), secretKey: key };
  const invalidated: number[] = [];
  dave.on('invalidateTransition', (id: number) => invalidated.push(id));
  let nonce = 0;
  const send = (who: Name, first: number) => {
    const frame = Buffer.from([first, ...randomBytes(30)]);
    receiver.ssrcMap.update({ userId: who, audioSSRC: ssrcs[who] });
    receiver.onUdpMessage(sealedDatagram(frame, key, ssrcs[who], nonce++));
  };
  /** For so long a frame each 20 ms of everybody named, good or bad. */
  const talk = (ms: number, frames: Partial<Record<Name, 'good' | 'bad'>>) => {
    for (let passedMs = 0; passedMs < ms; passedMs += 20) {
      timing.passMs(20);
      for (const [who, kind] of Object.entries(frames)) {
        send(who as Name, kind === 'good' ? 0xf8 : 0xbb);
      }
    }
  };
  return { dave, invalidated, talk };
}

test.each([0, undefined, 3])(
  'after transition %s a person who cannot be decoded any more has the group reset once within two seconds',
  (last) => {
    const { dave, invalidated, talk } = open(last);
    talk(1_000, { ann: 'good', ben: 'good' });
    talk(2_000, { ann: 'bad', ben: 'good' });
    expect(invalidated).toEqual([last ?? 0]);
    dave.reinitializing = false;
    talk(10_000, { ann: 'bad', ben: 'good' });
    expect(invalidated).toHaveLength(1);
  },
);

test('ten seconds of frames that nobody can open reset no group, whether others talk or not', () => {
  const { invalidated, talk } = open(0);
  talk(10_000, { ann: 'bad' });
  talk(10_000, { ann: 'bad', ben: 'good' });
  expect(invalidated).toEqual([]);
});

test('while a change of keys is under way frames that cannot be opened reset nothing', () => {
  const { dave, invalidated, talk } = open(0);
  talk(1_000, { ann: 'good' });
  dave.prepareTransition({ transition_id: 9, protocol_version: 1 });
  talk(10_000, { ann: 'bad' });
  expect(invalidated).toEqual([]);
});
