import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pruneCompileCache } from '#src/base/compile-cache.ts';

const dayMs = 24 * 60 * 60 * 1_000;
const nowMs = Date.UTC(2026, 10, 22);

/** A folder with compiled modules of these versions, by the days since each was used. */
function cacheOf(versions: Readonly<Record<string, number>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-cache-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, days] of Object.entries(versions)) {
    mkdirSync(join(folder, name, 'v24'), { recursive: true });
    writeFileSync(join(folder, name, 'v24', 'module'), 'compiled');
    const usedS = (nowMs - days * dayMs) / 1_000;
    utimesSync(join(folder, name), usedS, usedS);
  }
  return folder;
}

/** Prunes the cache as the version `own` does, whose modules of one set of flags lie in `v24`. */
function prune(folder: string, own: string, wallMs: number): Promise<string | undefined> {
  return pruneCompileCache(wallMs, join(folder, own, 'v24'), folder);
}

test('compiled modules of a version that did not start for a week are removed, and its own never', async () => {
  const folder = cacheOf({ own: 30, former: 8, recent: 6 });
  expect(await prune(folder, 'own', nowMs)).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['own', 'recent']);
  expect(existsSync(join(folder, 'own', 'v24', 'module'))).toBe(true);
});

test('a folder that the operator chose for compiled modules is left alone', async () => {
  const folder = cacheOf({ own: 0, former: 30 });
  await pruneCompileCache(nowMs, join(folder, 'own', 'v24'), join(folder, 'elsewhere'));
  expect(readdirSync(folder)).toEqual(['former', 'own']);
});
