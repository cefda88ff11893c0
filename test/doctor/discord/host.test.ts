import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diskLine, spaceLine } from '#doctor/machine.ts';
import { examine } from '#test/doctor/examine.ts';

test('a disk that is full is told with how to mend it', () => {
  expect(spaceLine('/data', 20)).toMatchObject({
    verdict: 'missing',
    why: '20 MB are free in /data',
  });
  expect(spaceLine('/data', 200)).toMatchObject({ verdict: 'differs' });
  expect(spaceLine('/data', 2_000)).toMatchObject({ verdict: 'ok' });
});

test('a DATA_DIR that is not there yet is judged by the folder it will be made in', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  try {
    const line = await diskLine(join(folder, 'deep', 'data'));
    expect(line.why).toContain(` MB are free in ${folder}`);
    chmodSync(folder, 0o500);
    const isRoot = process.getuid?.() === 0;
    expect((await diskLine(folder)).verdict).toBe(isRoot ? 'ok' : 'missing');
  } finally {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  }
});

test('what this machine gives the bot is told without asking anybody', async () => {
  const { code, about } = await examine(['--offline']);
  expect(code).toBe(0);
  expect(about('decode')).toMatch(/^ok decode Opus by \S+$/);
  expect(about('ciphers')).toMatch(
    /^ok ciphers AES-256-GCM, and XChaCha20-Poly1305 by \S+; DAVE loads$/,
  );
  expect(about('token')).toMatch(/^ok token not set/);
});
