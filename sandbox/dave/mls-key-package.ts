import { type MlsReader, reading } from './mls-bytes.ts';
import { cipherSuite, mlsVersion, refHash, verifyLabelled } from './mls-crypto.ts';

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
const endOfTime = 2n ** 64n - 1n;

/**
 * The key package in a payload of op 26, or undefined if it is not one Discord would take.
 *
 * A bare KeyPackage of RFC 9420 section 10 (libdave and davey send no MLSMessage around it): a basic credential
 * with the person's id as u64, unlimited lifetime, both signatures right.
 */
export function readKeyPackage(payload: Uint8Array): KeyPackage | undefined {
  return reading(payload, (reader) => {
    reader.expect(mlsVersion, reader.u16());
    reader.expect(cipherSuite, reader.u16());
    reader.vector(); // init_key
    const leaf = readLeaf(reader);
    reader.expect(fromKeyPackage, leaf.source);
    skipExtensions(reader);
    const signed = reader.since(0);
    const right =
      verifyLabelled(leaf.signatureKey, 'LeafNodeTBS', leaf.signed, leaf.signature) &&
      verifyLabelled(leaf.signatureKey, 'KeyPackageTBS', signed, reader.vector());
    if (!right) throw new RangeError('MLS: a key package with a wrong signature');
    const bytes = Buffer.from(payload);
    return { bytes, ref: refHash('KeyPackage Reference', bytes), userId: leaf.userId };
  });
}

type Leaf = {
  readonly userId: string;
  readonly signatureKey: Buffer;
  readonly source: number;
  /** Bytes that the signature covers, for a leaf from a key package. */
  readonly signed: Buffer;
  readonly signature: Buffer;
};

/** A LeafNode, RFC 9420 section 7.2; also the one inside an UpdatePath. */
export function readLeaf(reader: MlsReader): Leaf {
  const from = reader.at;
  reader.vector(); // encryption_key
  const signatureKey = reader.vector();
  reader.expect(basicCredential, reader.u16());
  const identity = reader.vector();
  reader.expect(8, identity.length);
  for (let list = 0; list < 5; list++) reader.vector(); // capabilities
  const source = reader.u8();
  if (source === fromKeyPackage) checkLifetime(reader);
  if (source === fromCommit) reader.vector(); // parent_hash
  skipExtensions(reader);
  const signed = reader.since(from);
  const userId = identity.readBigUInt64BE().toString();
  return { userId, signatureKey, source, signed, signature: reader.vector() };
}

function checkLifetime(reader: MlsReader): void {
  if (reader.u64() !== 0n || reader.u64() !== endOfTime) {
    throw new RangeError('MLS: a key package that does not live for ever');
  }
}

function skipExtensions(reader: MlsReader): void {
  reader.vectorOf((extension) => [extension.u16(), extension.vector()]);
}
