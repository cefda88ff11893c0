import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate and its private key, both PEM. */
export type Certificate = { readonly certificate: string; readonly key: string };

/**
 * Makes a self-signed certificate for `localhost` and 127.0.0.1, so that a client which
 * only speaks TLS can be tested here. EC P-256, a CA of its own (so it can be trusted
 * directly), X.509 v3 after RFC 5280. A new key each time.
 */
export function makeCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(8);
  serial[0] = 0x40; // positive and without leading zeros
  const name = encodeSequence(
    encodeSet(
      encodeSequence(
        commonName,
        encodeUtf8(`Parley sandbox ${serial.toString('hex')}`),
      ),
    ),
  );
  const body = encodeSequence(
    encodeDer(0xa0, encodeDer(0x02, Buffer.of(2))),
    encodeDer(0x02, serial),
    ecdsaWithSha256,
    name,
    encodeSequence(encodeUtcTime('200101000000Z'), encodeUtcTime('491231235959Z')),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    encodeDer(0xa3, encodeSequence(caConstraint, alternativeNames)),
  );
  const signature = sign('sha256', body, privateKey);
  const document = encodeSequence(
    body,
    ecdsaWithSha256,
    encodeDer(0x03, Buffer.of(0), signature),
  );
  return {
    certificate: toPem('CERTIFICATE', document),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

function encodeDer(tag: number, ...elements: readonly Uint8Array[]) {
  const body = Buffer.concat(elements);
  const longLength =
    body.length > 0xff
      ? [0x82, body.length >> 8, body.length & 0xff]
      : [0x81, body.length];
  return Buffer.concat([
    Buffer.of(tag, ...(body.length < 0x80 ? [body.length] : longLength)),
    body,
  ]);
}

const encodeSequence = (...elements: readonly Uint8Array[]) =>
  encodeDer(0x30, ...elements);
const encodeSet = (...elements: readonly Uint8Array[]) => encodeDer(0x31, ...elements);
const encodeUtf8 = (text: string) => encodeDer(0x0c, Buffer.from(text));
const encodeUtcTime = (text: string) => encodeDer(0x17, Buffer.from(text));
const encodeObjectId = (hex: string) => encodeDer(0x06, Buffer.from(hex, 'hex'));

const commonName = encodeObjectId('550403');
const ecdsaWithSha256 = encodeSequence(encodeObjectId('2a8648ce3d040302'));
const derTrue = encodeDer(0x01, Buffer.of(0xff));
/** basicConstraints, critical: CA. */
const caConstraint = encodeSequence(
  encodeObjectId('551d13'),
  derTrue,
  encodeDer(0x04, encodeSequence(derTrue)),
);
/** subjectAltName: a DNS name is tag 2, an IP address tag 7. */
const alternativeNames = encodeSequence(
  encodeObjectId('551d11'),
  encodeDer(
    0x04,
    encodeSequence(
      encodeDer(0x82, Buffer.from('localhost')),
      encodeDer(0x87, Buffer.of(127, 0, 0, 1)),
    ),
  ),
);

function toPem(label: string, bytes: Buffer) {
  const lines = bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
