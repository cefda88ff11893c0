import { DAVESession } from '@snazzah/davey';
import { expect, test } from 'vitest';
import { type MlsReader, reading, u16, vector } from '#sandbox/dave/mls-bytes.ts';
import { readCommit, welcomeFor } from '#sandbox/dave/mls-commit.ts';
import { readKeyPackage } from '#sandbox/dave/mls-key-package.ts';
import { ExternalSender } from '#sandbox/dave/mls-proposal.ts';
import { fc } from '#test/properties.ts';

const channelId = '222222222222222222';
const groupId = Buffer.alloc(8);
groupId.writeBigUInt64BE(BigInt(channelId));

/** A founder's commit that adds one other person. */
function firstCommit() {
  const sender = new ExternalSender();
  const founder = new DAVESession(1, '111', channelId);
  founder.setExternalSender(sender.introduction);
  founder.getSerializedKeyPackage();
  const guest = new DAVESession(1, '333', channelId);
  guest.setExternalSender(sender.introduction);
  const keyPackage = readKeyPackage(guest.getSerializedKeyPackage());
  if (!keyPackage) throw new Error('No key package.');
  const add = sender.add(groupId, 0, keyPackage);
  const { commit, welcome } = founder.processProposals(0, vector(add.message), ['333']);
  const payload = Buffer.concat([commit ?? Buffer.alloc(0), welcome ?? Buffer.alloc(0)]);
  return { founder, guest, keyPackage, add, payload };
}

test('a key package names its owner', () => {
  const session = new DAVESession(1, '18446744073709551615', channelId);
  const read = readKeyPackage(session.getSerializedKeyPackage());
  expect(read?.userId).toBe('18446744073709551615');
});

test('a commit says what it carries out, and where its welcome begins', () => {
  const { founder, guest, keyPackage, add, payload } = firstCommit();
  const commit = readCommit(payload);
  expect(commit).toMatchObject({
    groupId,
    epoch: 0n,
    authorLeaf: 0,
    refs: [add.ref],
    inline: false,
  });
  founder.processCommit(commit?.message ?? Buffer.alloc(0));
  const welcome = commit?.welcome && welcomeFor(commit.welcome, keyPackage.ref);
  guest.processWelcome(welcome ?? Buffer.alloc(0));
  expect(guest.voicePrivacyCode).toBe(founder.voicePrivacyCode);
  expect(guest.getUserIds().sort()).toEqual(['111', '333']);
});

test('there is no welcome for somebody who was not added', () => {
  const commit = readCommit(firstCommit().payload);
  expect(commit?.welcome && welcomeFor(commit.welcome, Buffer.alloc(32))).toBeUndefined();
});

test('a commit that was cut short anywhere is none', () => {
  const { payload } = firstCommit();
  const whole = readCommit(payload)?.message.length;
  for (let end = 0; end < payload.length; end++) {
    if (end !== whole) expect(readCommit(payload.subarray(0, end))).toBeUndefined();
  }
});

test('any bytes at all are read without complaint', () => {
  const noise = fc.uint8Array({ maxLength: 300 });
  const head = Buffer.concat([u16(1), u16(1), vector(groupId)]);
  fc.assert(
    fc.property(noise, (bytes) => {
      expect(readKeyPackage(bytes)).toBeUndefined();
      expect(readCommit(bytes)).toBeUndefined();
      expect(readCommit(Buffer.concat([head, bytes]))?.inline ?? true).toBeDefined();
    }),
  );
});

test('a vector of any length is read back', () => {
  const back = (reader: MlsReader) => reader.vector();
  for (const sizeBytes of [0, 1, 63, 64, 16_383, 16_384, 70_000]) {
    const body = Buffer.alloc(sizeBytes, 7);
    expect(reading(vector(body), back)?.equals(body)).toBe(true);
  }
});

test.each([
  ['longer than it needs to be', Buffer.of(0x40, 1, 9)],
  ['of no known form', Buffer.of(0xc0, 0, 0, 0, 0, 0, 0, 1, 9)],
  ['beyond the end', Buffer.of(2, 9)],
  ['short of the end', Buffer.of(1, 9, 9)],
])('a length %s is refused', (_, bytes) => {
  expect(reading(bytes, (reader) => reader.vector())).toBeUndefined();
});
