import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** Both PEM. */
type Certificate = { readonly certificate: string; readonly key: string };

/**
 * A self-signed certificate for `localhost` and 127.0.0.1, so that a client which only speaks TLS can be tested here.
 *
 * EC P-256, a CA of its own (so it can be trusted directly), X.509 v3 after RFC 5280. A new key each time.
 */
export function makeCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(8);
  serial[0] = 0x40; // positive and without leading zeros
  const name = sequence(
    set(sequence(commonName, utf8(`Parley sandbox ${serial.toString('hex')}`))),
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(utcTime('200101000000Z'), utcTime('491231235959Z')),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(authority, alternativeNames)),
  );
  const signature = sign('sha256', body, privateKey);
  const whole = sequence(body, ecdsaWithSha256, der(0x03, Buffer.of(0), signature));
  return {
    certificate: pem('CERTIFICATE', whole),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const long =
    body.length > 0xff ? [0x82, body.length >> 8, body.length & 0xff] : [0x81, body.length];
  return Buffer.concat([Buffer.of(tag, ...(body.length < 0x80 ? [body.length] : long)), body]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts);
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
const utcTime = (text: string): Buffer => der(0x17, Buffer.from(text));
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

const commonName = objectId('550403');
const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const yes = der(0x01, Buffer.of(0xff));
/** basicConstraints, critical: CA. */
const authority = sequence(objectId('551d13'), yes, der(0x04, sequence(yes)));
/** subjectAltName: a DNS name is tag 2, an IP address tag 7. */
const alternativeNames = sequence(
  objectId('551d11'),
  der(0x04, sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.of(127, 0, 0, 1)))),
);

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
