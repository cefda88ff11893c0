import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context } from 'hono';
import type { PageApp, PageEnv } from './viewer.ts';

/** Files that the browser runs: `page` beside `src`. */
const folder = fileURLToPath(new URL('../../../page', import.meta.url));

/** Types of the files that are served; others are not. */
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** No dots but the one of the ending, so nothing outside the folder has such a path. */
const filePath = /^(?:\/[\w-]+)+\.(?:js|css)$/;

/** Libraries of the page, as their packages ship them. */
const vendorFiles: Readonly<Record<string, string>> = {
  '/vendor/preact.js': 'preact',
  '/vendor/htm.js': 'htm',
};

type BrowserFile = {
  readonly etag: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly zipped: Uint8Array<ArrayBuffer>;
};

/** Files by path, each in its latest version. */
type BrowserFiles = Map<string, { readonly mtimeMs: number; readonly file: Promise<BrowserFile> }>;

/** Serves the shell at `/`, the files of `page` and the libraries as they lie; to every client, as they hold no secret. */
export function serveBrowserFiles(app: PageApp): void {
  const files: BrowserFiles = new Map();
  app.get('*', async (context, next) => {
    const path = placeOf(context.req.path);
    const file = path && (await fileAt(path, files));
    return file ? answer(context, file, typeOf(context.req.path)) : await next();
  });
}

/** Version of the page's files: the time of the latest change, in ms since 1970. */
export async function filesVersion(): Promise<number> {
  const paths = await readdir(folder, { recursive: true });
  const files = await Promise.all(paths.map((path) => stat(join(folder, path))));
  return Math.max(...files.map(({ mtimeMs }) => mtimeMs));
}

/** Where the file of a path lies; undefined for a path that cannot have one. */
function placeOf(path: string): string | undefined {
  if (path === '/') return join(folder, 'index.html');
  const vendor = Object.hasOwn(vendorFiles, path) ? vendorFiles[path] : undefined;
  if (vendor) return fileURLToPath(import.meta.resolve(vendor));
  return filePath.test(path) ? join(folder, path) : undefined;
}

function typeOf(path: string): string {
  return types[path === '/' ? '.html' : extname(path)] ?? '';
}

/** Read and packed once, when it is first asked for, and again when it has changed; undefined where there is none. */
async function fileAt(path: string, files: BrowserFiles): Promise<BrowserFile | undefined> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: undefined }));
  if (mtimeMs === undefined) return undefined;
  const known = files.get(path);
  if (known?.mtimeMs === mtimeMs) return await known.file;
  const file = readPacked(path);
  files.set(path, { mtimeMs, file });
  file.catch(() => files.delete(path));
  return await file;
}

async function readPacked(path: string): Promise<BrowserFile> {
  const bytes = new Uint8Array(await readFile(path));
  const zipped = new Uint8Array(await promisify(gzip)(bytes, { level: 9 }));
  const etag = `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { etag, bytes, zipped };
}

function answer(context: Context<PageEnv>, file: BrowserFile, type: string): Response {
  context.header('etag', file.etag);
  context.header('cache-control', 'no-cache');
  context.header('vary', 'accept-encoding');
  const held = context.req.header('if-none-match')?.split(',') ?? [];
  if (held.some((one) => one.trim() === file.etag)) return context.body(null, 304);
  context.header('content-type', type);
  if (!/\bgzip\b/.test(context.req.header('accept-encoding') ?? ''))
    return context.body(file.bytes);
  context.header('content-encoding', 'gzip');
  return context.body(file.zipped);
}
