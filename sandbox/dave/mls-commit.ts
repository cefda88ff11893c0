import { type MlsReader, reading, u16, vector } from './mls-bytes.ts';
import { cipherSuite, mlsVersion } from './mls-crypto.ts';
import { readLeaf } from './mls-key-package.ts';

/** A member's proposal of the next epoch (MLS Commit). Its signature needs the group's secrets and is left to the members. */
export type Commit = {
  /** The MLSMessage, for those who are members already. */
  readonly message: Buffer;
  readonly groupId: Buffer;
  readonly epoch: bigint;
  readonly authorLeaf: number;
  /** References of the proposals that it carries out, in its order. */
  readonly refs: readonly Buffer[];
  /** Whether it carries out proposals of its author's own, too; DAVE forbids those. */
  readonly inline: boolean;
  readonly welcome: Welcome | undefined;
};

/** The way into the next epoch for those whom a Commit adds. */
export type Welcome = {
  readonly secrets: readonly { readonly keyPackageRef: Buffer; readonly bytes: Buffer }[];
  readonly groupInfo: Buffer;
};

const publicMessage = 1;
const member = 1;
const isCommit = 3;
const reference = 2;

/**
 * The payload of op 28: a Commit, then maybe a bare Welcome without a length between them.
 *
 * Undefined if it is neither. PublicMessage: RFC 9420 section 6.2; Commit: 12.4; Welcome: 12.4.3.1.
 */
export function readCommit(payload: Uint8Array): Commit | undefined {
  return reading(payload, (reader) => {
    reader.expect(mlsVersion, reader.u16());
    reader.expect(publicMessage, reader.u16());
    const groupId = reader.vector();
    const epoch = reader.u64();
    reader.expect(member, reader.u8());
    const authorLeaf = reader.u32();
    reader.vector(); // authenticated_data
    reader.expect(isCommit, reader.u8());
    const { refs, inline } = readProposals(reader);
    if (reader.u8() === 1) skipUpdatePath(reader);
    reader.vector(); // signature
    reader.vector(); // confirmation_tag
    reader.vector(); // membership_tag
    const message = reader.since(0);
    const welcome = reader.done ? undefined : readWelcome(reader);
    return { message, groupId, epoch, authorLeaf, refs, inline, welcome };
  });
}

/** `welcome` with nobody's secrets but those of one key package, as op 30 carries it; undefined if it has none. */
export function welcomeFor(welcome: Welcome, keyPackageRef: Buffer): Buffer | undefined {
  const own = welcome.secrets.find((secret) => secret.keyPackageRef.equals(keyPackageRef));
  if (!own) return undefined;
  return Buffer.concat([u16(cipherSuite), vector(own.bytes), vector(welcome.groupInfo)]);
}

/** A proposal inside the commit is not read on: such a commit is refused whole. */
function readProposals(reader: MlsReader): { refs: Buffer[]; inline: boolean } {
  const inner = reader.vector();
  const refs = reading(inner, (list) => {
    const found: Buffer[] = [];
    while (!list.done) {
      list.expect(reference, list.u8());
      found.push(list.vector());
    }
    return found;
  });
  return { refs: refs ?? [], inline: refs === undefined };
}

function skipUpdatePath(reader: MlsReader): void {
  readLeaf(reader);
  reader.vectorOf((node) => [node.vector(), node.vectorOf(skipCiphertext)]);
}

function skipCiphertext(reader: MlsReader): void {
  reader.vector(); // kem_output
  reader.vector(); // ciphertext
}

function readWelcome(reader: MlsReader): Welcome {
  reader.expect(cipherSuite, reader.u16());
  const secrets = reader.vectorOf((secret) => {
    const from = secret.at;
    const keyPackageRef = secret.vector();
    skipCiphertext(secret);
    return { keyPackageRef, bytes: secret.since(from) };
  });
  return { secrets, groupInfo: reader.vector() };
}
