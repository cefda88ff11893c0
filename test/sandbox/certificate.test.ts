import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeCertificate } from '#sandbox/certificate.ts';

test('the certificate is its own authority and names localhost and 127.0.0.1', () => {
  const { certificate } = makeCertificate();
  const read = new X509Certificate(certificate);
  expect(read.ca).toBe(true);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkHost('localhost')).toBe('localhost');
  expect(read.checkIP('127.0.0.1')).toBe('127.0.0.1');
});

test('the key belongs to the certificate, and no two certificates are alike', () => {
  const [one, two] = [makeCertificate(), makeCertificate()];
  expect(new X509Certificate(one.certificate).checkPrivateKey(createPrivateKey(one.key))).toBe(
    true,
  );
  expect(new X509Certificate(one.certificate).checkPrivateKey(createPrivateKey(two.key))).toBe(
    false,
  );
  expect(new X509Certificate(one.certificate).subject).not.toBe(
    new X509Certificate(two.certificate).subject,
  );
});
