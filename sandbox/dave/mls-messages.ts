import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type PersonId, toPersonId } from '#src/base/ids.ts';
import {
  encodeU8,
  encodeU16,
  encodeU32,
  encodeU64,
  encodeVector,
  type MlsReader,
  tryReading,
} from './mls-bytes.ts';

/** DHKEM P-256, AES-128-GCM, SHA-256, ECDSA P-256: the only one DAVE version 1 uses. */
const cipherSuite = 2;
/** The protocol version `mls10` of RFC 9420, in the field `version`. */
const mlsVersion = 1;

/** Signs as `SignWithLabel` of RFC 9420 section 5.1.2. */
function signLabelled(key: KeyObject, label: string, content: Uint8Array) {
  return sign('sha256', toLabelledContent(label, content), key);
}

/** Hashes as `RefHash` of RFC 9420 section 5.2. */
function hashReference(label: string, value: Uint8Array) {
  return createHash('sha256').update(toLabelledContent(label, value)).digest();
}

/**
 * Returns the uncompressed point of a P-256 public key: the last 65 bytes of its
 * SubjectPublicKeyInfo (RFC 5480).
 */
function toPublicPoint(key: KeyObject) {
  return key.export({ format: 'der', type: 'spki' }).subarray(-65);
}

function toLabelledContent(label: string, content: Uint8Array) {
  return Buffer.concat([
    encodeVector(Buffer.from(`MLS 1.0 ${label}`)),
    encodeVector(content),
  ]);
}

/** MLS key package: lets others add its owner to the group. */
export type KeyPackage = {
  readonly bytes: Buffer;
  /** Names it in a Welcome. */
  readonly ref: Buffer;
  readonly userId: PersonId;
};

const basicCredential = 1;
const keyPackageSource = 1;
const commitSource = 3;
const lifetimeBytes = 16;

/**
 * Reads the key package in a payload of op 26, without checking signatures. Undefined
 * if it has another format. It is a bare KeyPackage of RFC 9420 section 10 (libdave and
 * davey send no MLSMessage around it): a basic credential with the person's id as u64.
 */
export function readKeyPackage(payload: Uint8Array): KeyPackage | undefined {
  return tryReading(payload, (reader) => {
    reader.requireValue(mlsVersion, reader.u16());
    reader.requireValue(cipherSuite, reader.u16());
    reader.vector(); // init_key
    const { leafSource, userId } = readLeaf(reader);
    reader.requireValue(keyPackageSource, leafSource);
    skipExtensions(reader);
    reader.vector(); // signature
    const bytes = Buffer.from(payload);
    return { bytes, ref: hashReference('KeyPackage Reference', bytes), userId };
  });
}

/** Reads a LeafNode (RFC 9420 section 7.2), also the one inside an UpdatePath. */
function readLeaf(reader: MlsReader) {
  reader.vector(); // encryption_key
  reader.vector(); // signature_key
  reader.requireValue(basicCredential, reader.u16());
  const identity = reader.vector();
  reader.requireValue(8, identity.length);
  for (let list = 0; list < 5; list++) reader.vector(); // capabilities
  const leafSource = reader.u8();
  if (leafSource === keyPackageSource) reader.takeBytes(lifetimeBytes);
  if (leafSource === commitSource) reader.vector(); // parent_hash
  skipExtensions(reader);
  reader.vector(); // signature
  return { userId: toPersonId(`${identity.readBigUInt64BE()}`), leafSource };
}

function skipExtensions(reader: MlsReader) {
  reader.readVector((extension) => [extension.u16(), extension.vector()]);
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
const addProposal = 1;
const removeProposal = 3;

/**
 * The voice server, which may propose to add and remove people from outside the group.
 *
 * Signs with ECDSA P-256 as PublicMessage of RFC 9420 section 6.2, sender index 0, no membership tag. The group's
 * context is no part of the signed content.
 */
export class ExternalSender {
  /** The payload of op 25. Its identity is one zero byte, as Discord's is. */
  readonly introduction: Buffer;
  readonly #key: KeyObject;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
    });
    this.#key = privateKey;
    this.introduction = Buffer.concat([
      encodeVector(toPublicPoint(publicKey)),
      encodeU16(basicCredential),
      encodeVector(encodeU8(0)),
    ]);
  }

  /** Signs a proposal to add the owner of `keyPackage` in this epoch. */
  proposeAdd(groupId: Buffer, epoch: number, keyPackage: KeyPackage): Proposal {
    return this.#signProposal(
      groupId,
      epoch,
      Buffer.concat([encodeU16(addProposal), keyPackage.bytes]),
    );
  }

  /** Signs a proposal to remove the member at this leaf in this epoch. */
  proposeRemove(groupId: Buffer, epoch: number, leaf: number): Proposal {
    return this.#signProposal(
      groupId,
      epoch,
      Buffer.concat([encodeU16(removeProposal), encodeU32(leaf)]),
    );
  }

  #signProposal(groupId: Buffer, epoch: number, proposal: Buffer) {
    const content = Buffer.concat([
      encodeVector(groupId),
      encodeU64(BigInt(epoch)),
      encodeU8(externalSender),
      encodeU32(0),
      encodeVector(), // authenticated_data
      encodeU8(isProposal),
      proposal,
    ]);
    const framed = Buffer.concat([encodeU16(publicMessage), content]);
    const signed = Buffer.concat([encodeU16(mlsVersion), framed]);
    const signature = encodeVector(signLabelled(this.#key, 'FramedContentTBS', signed));
    const authenticated = Buffer.concat([framed, signature]);
    return {
      message: Buffer.concat([signed, signature]),
      ref: hashReference('Proposal Reference', authenticated),
    };
  }
}

/** A member's proposal of the next epoch (MLS Commit). Its signature needs the group's secrets and is left to the members. */
export type Commit = {
  /** The MLSMessage, for present members. */
  readonly message: Buffer;
  readonly groupId: Buffer;
  readonly epoch: bigint;
  readonly authorLeaf: number;
  /** References of the proposals that it carries out, in its order. */
  readonly refs: readonly Buffer[];
  /** Whether the commit holds proposals of its author, too. DAVE forbids those. */
  readonly inline: boolean;
  readonly welcome: Welcome | undefined;
};

/** MLS Welcome: brings the members that a Commit adds into the next epoch. */
export type Welcome = {
  readonly secrets: readonly {
    readonly keyPackageRef: Buffer;
    readonly bytes: Buffer;
  }[];
  readonly groupInfo: Buffer;
};

const publicMessage = 1;
const memberSender = 1;
const isCommit = 3;
const proposalReference = 2;

/**
 * Reads the payload of op 28: a Commit, then maybe a bare Welcome without a length
 * between them. Undefined if it is neither. PublicMessage: RFC 9420 section 6.2;
 * Commit: 12.4; Welcome: 12.4.3.1.
 */
export function readCommit(payload: Uint8Array): Commit | undefined {
  return tryReading(payload, (reader) => {
    reader.requireValue(mlsVersion, reader.u16());
    reader.requireValue(publicMessage, reader.u16());
    const groupId = reader.vector();
    const epoch = reader.u64();
    reader.requireValue(memberSender, reader.u8());
    const authorLeaf = reader.u32();
    reader.vector(); // authenticated_data
    reader.requireValue(isCommit, reader.u8());
    const { refs, inline } = readProposals(reader);
    if (reader.u8() === 1) skipUpdatePath(reader);
    reader.vector(); // signature
    reader.vector(); // confirmation_tag
    reader.vector(); // membership_tag
    const message = reader.sliceFrom(0);
    const welcome = reader.isAtEnd ? undefined : readWelcome(reader);
    return { message, groupId, epoch, authorLeaf, refs, inline, welcome };
  });
}

/**
 * Selects from a Welcome the secrets of one key package, as op 30 carries them.
 * Undefined if the Welcome has none for this key package.
 */
export function selectWelcome(
  welcome: Welcome,
  keyPackageRef: Buffer,
): Buffer | undefined {
  const secret = welcome.secrets.find((entry) =>
    entry.keyPackageRef.equals(keyPackageRef),
  );
  if (!secret) return undefined;
  return Buffer.concat([
    encodeU16(cipherSuite),
    encodeVector(secret.bytes),
    encodeVector(welcome.groupInfo),
  ]);
}

/**
 * Reads references to proposals. A commit with a proposal inside is marked `inline` and
 * refused whole.
 */
function readProposals(reader: MlsReader) {
  const inner = reader.vector();
  const refs = tryReading(inner, (list) => {
    const references: Buffer[] = [];
    while (!list.isAtEnd) {
      list.requireValue(proposalReference, list.u8());
      references.push(list.vector());
    }
    return references;
  });
  return { refs: refs ?? [], inline: refs === undefined };
}

function skipUpdatePath(reader: MlsReader) {
  readLeaf(reader);
  reader.readVector((node) => [node.vector(), node.readVector(skipCiphertext)]);
}

function skipCiphertext(reader: MlsReader) {
  reader.vector(); // kem_output
  reader.vector(); // ciphertext
}

function readWelcome(reader: MlsReader) {
  reader.requireValue(cipherSuite, reader.u16());
  const secrets = reader.readVector((secret) => {
    const from = secret.at;
    const keyPackageRef = secret.vector();
    skipCiphertext(secret);
    return { keyPackageRef, bytes: secret.sliceFrom(from) };
  });
  return { secrets, groupInfo: reader.vector() };
}
