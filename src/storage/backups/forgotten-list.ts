import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import { asTrouble } from '#src/sql/trouble.ts';

/** Days for which a copy that is put back is searched for who was forgotten since it was made. */
export const forgottenDays = 30;
const keptMs = forgottenDays * 86_400_000;

/** Keyed hashes (HMAC-SHA-256 of server and person, hex) with the wall time, in ms, of the forgetting. */
const hashesSchema = z.record(z.string().regex(/^[\da-f]{64}$/), z.number());

/** People forgotten within the last 30 days, by server, as keyed hashes that name no person. */
export interface ForgottenList {
  readonly isEmpty: boolean;
  /** Whether this person was forgotten in this server at `sinceWallMs` or later. */
  has(guildId: string, personId: string, sinceWallMs: number): boolean;
}

export function forgottenListPath(dataDir: string): string {
  return join(dataDir, 'forgotten.json');
}

/** The list lies beside the stores, so that a damaged store loses no entry; neither file is in a copy that `backUp` makes. */
function paths(dataDir: string) {
  return { list: forgottenListPath(dataDir), key: join(dataDir, 'forgotten.key') };
}

/** Whether a person was forgotten here whose hash may still be kept. */
export function hasForgottenList(dataDir: string): boolean {
  return existsSync(paths(dataDir).list);
}

/** On disk when it returns. Errors: BotError `store.*`. */
export function noteForgotten(
  dataDir: string,
  { guildId, personId }: { readonly guildId: string; readonly personId: string },
  nowWallMs: number,
): void {
  const key = readKey(dataDir);
  // Hashes by a lost key match no person.
  const hashes = key ? recent(readHashes(dataDir), nowWallMs) : {};
  const hash = hashOf(key ?? makeKey(dataDir), guildId, personId);
  writePrivate(paths(dataDir).list, JSON.stringify({ ...hashes, [hash]: nowWallMs }));
}

/** Drops what is older than 30 days. Errors: BotError `store.*`. */
export function expireForgotten(dataDir: string, nowWallMs: number): void {
  const hashes = readHashes(dataDir);
  const kept = recent(hashes, nowWallMs);
  if (Object.keys(kept).length === Object.keys(hashes).length) return;
  writePrivate(paths(dataDir).list, JSON.stringify(kept));
}

/** Errors: BotError `store.unreadable`, also where hashes are there without their key. */
export function readForgotten(dataDir: string, nowWallMs: number): ForgottenList {
  const hashes = recent(readHashes(dataDir), nowWallMs);
  const key = readKey(dataDir);
  if (Object.keys(hashes).length === 0) return { isEmpty: true, has: () => false };
  if (!key) throw withoutKey(dataDir);
  return {
    isEmpty: false,
    has(guildId, personId, sinceWallMs) {
      const atWallMs = hashes[hashOf(key, guildId, personId)];
      return atWallMs !== undefined && atWallMs >= sinceWallMs;
    },
  };
}

/** People of the list of `dataDir` and of those in `others`. Errors: as `readForgotten`, and for a folder of `others` without a list. */
export function readForgottenIn(
  dataDir: string,
  others: readonly string[],
  nowWallMs: number,
): ForgottenList {
  for (const folder of others) if (!hasForgottenList(folder)) throw withoutList(folder);
  const lists = [dataDir, ...others].map((folder) => readForgotten(folder, nowWallMs));
  return {
    isEmpty: lists.every(({ isEmpty }) => isEmpty),
    has: (...forgetting) => lists.some((list) => list.has(...forgetting)),
  };
}

function hashOf(key: Buffer, guildId: string, personId: string): string {
  return createHmac('sha256', key).update(`${guildId}:${personId}`).digest('hex');
}

function recent(
  hashes: Readonly<Record<string, number>>,
  nowWallMs: number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(hashes).filter(([, atWallMs]) => nowWallMs - atWallMs < keptMs),
  );
}

function readHashes(dataDir: string): Readonly<Record<string, number>> {
  const { list } = paths(dataDir);
  const text = readIfThere(list);
  if (text === undefined) return {};
  try {
    return hashesSchema.parse(JSON.parse(text.toString()));
  } catch (cause) {
    const message = `${list}, the list of forgotten people, is damaged: replace it with an undamaged copy. If you remove it, copies bring those people back.`;
    throw new BotError('store.unreadable', false, message, cause);
  }
}

function readKey(dataDir: string): Buffer | undefined {
  const text = readIfThere(paths(dataDir).key)?.toString().trim();
  return text && /^[\da-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}

function makeKey(dataDir: string): Buffer {
  const key = randomBytes(32);
  writePrivate(paths(dataDir).key, key.toString('hex'));
  return key;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw asTrouble('store.unreadable', path, error);
  }
}

/** The whole file or none of it, for the bot's own user only. */
function writePrivate(path: string, text: string): void {
  const part = `${path}.part`;
  try {
    rmSync(part, { force: true });
    writeFileSync(part, text, { mode: 0o600, flush: true });
    renameSync(part, path);
  } catch (error) {
    throw asTrouble('store.unwritable', path, error);
  }
}

function withoutKey(dataDir: string): BotError {
  const { key, list } = paths(dataDir);
  const message = `${key} is missing or damaged: without it the bot cannot find forgotten people in a copy. Put it back, or remove ${list}: then copies bring those people back.`;
  return new BotError('store.unreadable', false, message);
}

function withoutList(folder: string): BotError {
  const message = `There is no list of forgotten people ${forgottenListPath(folder)}: correct the folder, or leave it out if its bot forgot no person.`;
  return new BotError('store.unreadable', false, message);
}
