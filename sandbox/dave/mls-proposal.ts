import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { u8, u16, u32, u64, vector } from './mls-bytes.ts';
import { mlsVersion, pointOf, refHash, signLabelled } from './mls-crypto.ts';
import type { KeyPackage } from './mls-key-package.ts';

/** A change of the group that its members are to commit. */
export type Proposal = {
  /** An MLSMessage. */
  readonly message: Buffer;
  /** Names it in a Commit. */
  readonly ref: Buffer;
};

const publicMessage = 1;
const basicCredential = 1;
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
