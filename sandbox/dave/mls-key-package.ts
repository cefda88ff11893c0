import { type MlsReader, reading } from './mls-bytes.ts';
import { cipherSuite, mlsVersion, refHash } from './mls-crypto.ts';

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
export function readLeaf(reader: MlsReader): { readonly userId: string; readonly source: number } {
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
