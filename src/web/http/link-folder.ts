import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type FiledLink = 'good' | 'used' | 'expired' | 'unknown';

/** Time, in ms, that a file of a link is kept, so that a late visitor reads why the link does not work. */
const keptMs = 24 * 60 * 60 * 1_000;

/**
 * Entry links that another process made, in `DATA_DIR/page-links`: a file each, named by the hash of its key, with the ms since
 * 1970 at which it expires. Renaming the file takes the link, so it works once, also after a restart.
 */
export class LinkFolder {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'page-links');
  }

  /** Errors: those of the file system. */
  async add(hash: string, expiresMs: number, nowMs: number): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#forgetOld(nowMs);
    await writeFile(join(this.#folder, hash), `${expiresMs}\n`, { flag: 'wx', mode: 0o600 });
  }

  /** Takes a link: it is `good` once. Errors: those of the file system, but for a file that is not there. */
  async take(hash: string, nowMs: number): Promise<FiledLink> {
    const path = join(this.#folder, hash);
    try {
      const expiresMs = Number(await readFile(path, 'utf8'));
      if (!(nowMs < expiresMs)) return 'expired';
      await rename(path, `${path}.used`);
      return 'good';
    } catch (error) {
      if (!isMissing(error)) throw error;
      return (await isThere(`${path}.used`)) ? 'used' : 'unknown';
    }
  }

  /** Notes where the page is served, for the program that prints links; undefined: nowhere. */
  async reportAddress(address: string | undefined): Promise<void> {
    const path = this.#addressPath;
    if (address === undefined) return await rm(path, { force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.part`, `${address}\n`, { mode: 0o600 });
    await rename(`${path}.part`, path);
  }

  /** Where the page was last served; undefined: nowhere, as far as is known. */
  async address(): Promise<string | undefined> {
    try {
      return (await readFile(this.#addressPath, 'utf8')).trim();
    } catch (error) {
      if (!isMissing(error)) throw error;
      return undefined;
    }
  }

  get #addressPath(): string {
    return join(this.#folder, 'address');
  }

  async #forgetOld(nowMs: number): Promise<void> {
    const names = await readdir(this.#folder);
    for (const name of names.filter((one) => /^[\da-f]{64}(\.used)?$/.test(one))) {
      const path = join(this.#folder, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: nowMs }));
      if (nowMs - mtimeMs > keptMs) await rm(path, { force: true });
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
