import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type MlsReader, reading, u8, u16, u32, u64, vector } from './mls-bytes.ts';

/** DHKEM P-256, AES-128-GCM, SHA-256, ECDSA P-256: the only one DAVE version 1 uses. */
const cipherSuite = 2;
/** `mls10`, in the field `version`. */
const mlsVersion = 1;

/** `SignWithLabel` of RFC 9420 section 5.1.2. */
function signLabelled(key: KeyObject, label: string, content: Uint8Array): Buffer {
  return sign('sha256', labelled(label, content), key);
}

/** `RefHash` of RFC 9420 section 5.2. */
function refHash(label: string, value: Uint8Array): Buffer {
  return createHash('sha256').update(labelled(label, value)).digest();
}

/** The uncompressed point of a P-256 public key: the last 65 bytes of its SubjectPublicKeyInfo (RFC 5480). */
function pointOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-65);
}

function labelled(label: string, content: Uint8Array): Buffer {
  return Buffer.concat([vector(Buffer.from(`MLS 1.0 ${label}`)), vector(content)]);
}

/** MLS key package: lets others add its owner to the group. */
export type KeyPackage = {
  readonly bytes: Buffer;
  /** Names it in a Welcome. */
  readonly ref: Buffer;
  readonly userId: string;
};

const basicCredential = 1;
const fromKeyPackage = 1;
const fromCommit = 3;
const lifetimeBytes = 16;

/**
 * The key package in a payload of op 26, or undefined if it has another format. Signatures are left to the members.
 *
 * A bare KeyPackage of RFC 9420 section 10 (libdave and davey send no MLSMessage around it): a basic credential
 * with the person's id as u64.
 */
export function readKeyPackage(payload: Uint8Array): KeyPackage | undefined {
  return reading(payload, (reader) => {
    reader.expect(mlsVersion, reader.u16());
    reader.expect(cipherSuite, reader.u16());
    reader.vector(); // init_key
    const { source, userId } = readLeaf(reader);
    reader.expect(fromKeyPackage, source);
    skipExtensions(reader);
    reader.vector(); // signature
    const bytes = Buffer.from(payload);
    return { bytes, ref: refHash('KeyPackage Reference', bytes), userId };
  });
}

/** A LeafNode, RFC 9420 section 7.2; also the one inside an UpdatePath. */
function readLeaf(reader: MlsReader): { readonly userId: string; readonly source: number } {
  reader.vector(); // encryption_key
  reader.vector(); // signature_key
  reader.expect(basicCredential, reader.u16());
  const identity = reader.vector();
  reader.expect(8, identity.length);
  for (let list = 0; list < 5; list++) reader.vector(); // capabilities
  const source = reader.u8();
  if (source === fromKeyPackage) reader.take(lifetimeBytes);
  if (source === fromCommit) reader.vector(); // parent_hash
  skipExtensions(reader);
  reader.vector(); // signature
  return { userId: identity.readBigUInt64BE().toString(), source };
}

function skipExtensions(reader: MlsReader): void {
  reader.vectorOf((extension) => [extension.u16(), extension.vector()]);
}

/** A change of the group that its members are to commit. */
export type Proposal = {
  /** An MLSMessage. */
  readonly message: Buffer;
  /** Names it in a Commit. */
  readonly ref: Buffer;
};

const externalSender = 2;
const isProposal = 2;
const add = 1;
const remove = 3;

/**
 * The one outside a group who may propose to add and remove people: the voice server.
 *
 * Signs with ECDSA P-256 as PublicMessage of RFC 9420 section 6.2, sender index 0, no membership tag; the group's
 * context is no part of what such a sender signs.
 */
export class ExternalSender {
  readonly #key: KeyObject;
  /** The payload of op 25. Its identity is one zero byte, as Discord's is. */
  readonly introduction: Buffer;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    const identity = vector(u8(0));
    this.introduction = Buffer.concat([vector(pointOf(publicKey)), u16(basicCredential), identity]);
  }

  add(groupId: Buffer, epoch: number, keyPackage: KeyPackage): Proposal {
    return this.#propose(groupId, epoch, Buffer.concat([u16(add), keyPackage.bytes]));
  }

  remove(groupId: Buffer, epoch: number, leaf: number): Proposal {
    return this.#propose(groupId, epoch, Buffer.concat([u16(remove), u32(leaf)]));
  }

  #propose(groupId: Buffer, epoch: number, proposal: Buffer): Proposal {
    const content = Buffer.concat([
      vector(groupId),
      u64(BigInt(epoch)),
      u8(externalSender),
      u32(0),
      vector(), // authenticated_data
      u8(isProposal),
      proposal,
    ]);
    const framed = Buffer.concat([u16(publicMessage), content]);
    const signed = Buffer.concat([u16(mlsVersion), framed]);
    const signature = vector(signLabelled(this.#key, 'FramedContentTBS', signed));
    const authenticated = Buffer.concat([framed, signature]);
    return {
      message: Buffer.concat([signed, signature]),
      ref: refHash('Proposal Reference', authenticated),
    };
  }
}

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
