import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkDataFolder,
  checkFreeSpace,
  judgeFreeSpace,
} from '#src/startup/data-folder-checks.ts';
import { runExamination } from '#test/doctor/run-examination.ts';

test('a disk that is full is told with how to mend it', () => {
  expect(judgeFreeSpace('/data', 20)).toMatchObject({
    verdict: 'missing',
    reason: '20 MB are free in /data',
  });
  expect(judgeFreeSpace('/data', 200)).toMatchObject({ verdict: 'differs' });
  expect(judgeFreeSpace('/data', 2_000)).toMatchObject({ verdict: 'ok' });
});

test('a DATA_DIR that is not there yet is judged by the folder it will be made in', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  try {
    const line = await checkFreeSpace(join(folder, 'deep', 'data'));
    expect(line.reason).toContain(` MB are free in ${folder}`);
    chmodSync(folder, 0o500);
    const isRoot = process.getuid?.() === 0;
    expect((await checkDataFolder(join(folder, 'deep'))).verdict).toBe(
      isRoot ? 'ok' : 'missing',
    );
  } finally {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  }
});

test('the doctor reports on this machine without a request to anybody', async () => {
  const { code, about } = await runExamination(['--offline']);
  expect(code).toBe(0);
  expect(about('decode')).toMatch(/^ok decode Opus by \S+$/);
  expect(about('ciphers')).toMatch(
    /^ok ciphers AES-256-GCM, and XChaCha20-Poly1305 by \S+; DAVE loads$/,
  );
  expect(about('token')).toMatch(/^ok token not set/);
});
