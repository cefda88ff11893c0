import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { reportPage } from '#src/app/page/show-page.ts';
import { realClock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import type { ServerNews } from '#src/base/keep-server.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { keepPage, type Page } from '#src/web/http/page.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { enter, keyOf, openTestPage } from './open-page.ts';

/** Runs `npm run link` on a folder. */
async function linkProgram(dataDir: string) {
  const env = { ...compileCacheEnvironment(), DATA_DIR: dataDir, DISCORD_TOKEN: 'a.b.c' };
  const child = spawn(process.execPath, ['src/app/programs/link.ts'], { env, stdio: 'pipe' });
  const ended = Promise.withResolvers<number | null>();
  child.on('close', ended.resolve);
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended.promise,
  ]);
  return { out, err, code };
}

/** Report of a page that has opened, to a log and to a terminal. */
function reportOf(page: Page, isTTY: boolean) {
  const [logged, written]: [unknown[], string[]] = [[], []];
  const log = { info: (...line: unknown[]) => logged.push(line), warn: () => undefined };
  reportPage({ kind: 'open', server: page }, log, { isTTY, write: (line) => written.push(line) });
  return { log: JSON.stringify(logged), written };
}

test('a terminal is shown a link that lets its owner in; a log that is read elsewhere never holds one', async () => {
  await using page = await openTestPage();
  const shown = reportOf(page, true);
  const link = new URL(/^Page: (\S+)\n$/.exec(shown.written.join(''))?.[1] ?? 'none:');
  expect((await enter(page.url, keyOf(link))).text).toBe('{"face":"owner"}');
  for (const { log } of [shown, reportOf(page, false)]) {
    expect(log).toContain(page.url.href);
    expect(log).not.toMatch(/key|[\w-]{43}/);
  }
  expect(reportOf(page, false).written).toEqual([]);
});

test('npm run link prints an address that lets the operator in, and says where there is none', async () => {
  await using page = await openTestPage({ clock: realClock });
  const alone = await linkProgram(page.dataDir);
  expect(alone).toEqual({
    code: 1,
    out: '',
    err: `No bot runs on ${page.dataDir}: start it first.\n`,
  });
  const lock = { clock: realClock, version: '0', onWait: () => undefined };
  using _bot = await lockDataDir(page.dataDir, lock, AbortSignal.timeout(5_000));
  const { code, out, err } = await linkProgram(page.dataDir);
  expect([code, err]).toEqual([0, '']);
  expect((await enter(page.url, keyOf(new URL(out)))).text).toBe('{"face":"owner"}');
});

test('a page whose port is taken is told so, and has it once it is free', async () => {
  const first = await openTestPage();
  const clock = new VirtualClock();
  const news: ServerNews<Page>['kind'][] = [];
  const open = Promise.withResolvers<void>();
  const options = {
    host: '127.0.0.1',
    port: Number(first.url.port),
    clock,
    dataDir: first.dataDir,
    operator: { kind: 'owner' },
    onBug: () => undefined,
  } as const;
  await using _kept = await keepPage(options, ({ kind }) => {
    news.push(kind);
    if (kind === 'open') open.resolve();
  });
  expect(news).toEqual(['refused']);
  await first[Symbol.asyncDispose]();
  await clock.advance(5_000);
  await open.promise;
  expect((await fetch(first.url)).status).toBe(200);
});
