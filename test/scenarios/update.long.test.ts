import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { settingsFor } from '#test/deploy/image.ts';
import { Running } from '#test/deploy/running.ts';
import { runToEnd } from '#test/fakes/bot-process.ts';
import { absentEngines } from '#test/scenarios/setup/bot-setup.ts';
import { scenario } from '#test/scenarios/setup/scenario-setup.ts';
import * as rows from '#test/storage/stored-rows.ts';

const program = fileURLToPath(import.meta.resolve('#src/app/main.mjs'));
/** Pino's number of the level. */
const warning = 40;

scenario(
  'an update overlaps and loses nothing, and a store of a newer program or from before the first release ends the start',
  async () => {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'parley-update-'));
    stack.defer(() => rm(folder, { recursive: true }));
    const dataDir = join(folder, 'data');
    const path = join(dataDir, 'parley.db');
    {
      await using store = await openLocalStore(path, { clock: realClock });
      for (const consent of rows.consents) await store.consents.write(...consent);
      await store.tracks.write(rows.guildId, rows.channelId, rows.tracks);
    }
    const sandbox = stack.use(await openSandbox());
    const login = { token: sandbox.token, apiUrl: sandbox.apiUrl, ca: sandbox.certificate };
    const settings = await settingsFor(login, folder, 0);
    const env = { ...settings, ...absentEngines, DATA_DIR: dataDir };
    const start = () => new Running(spawn(process.execPath, [program], { cwd: folder, env }));
    // A busy machine is told of in any case.
    const warnings = (bot: Running) =>
      bot.lines.filter(({ level, alert }) => level >= warning && alert !== 'event-loop-delayed');

    const first = stack.use(start());
    await first.reports('ready:');
    const second = stack.use(start());
    await second.reports(`DATA_DIR ${dataDir} is in use by process ${first.pid} on `);
    first.send('SIGTERM');
    expect(await first.ended()).toBe(0);
    await second.reports('ready:');
    expect([...warnings(first), ...warnings(second)]).toHaveLength(1);
    second.send('SIGTERM');
    expect(await second.ended()).toBe(0);

    await using store = await openLocalStore(path, { clock: realClock });
    expect((await store.consents.read(rows.guildId)).get(rows.ben)).toEqual({ kind: 'never' });
    expect(await store.tracks.read(rows.guildId, rows.channelId)).toEqual(rows.tracks);
    await store[Symbol.asyncDispose]();

    for (const [version, sentence] of [
      [99, /^The store \S+ was written by a newer Parley .*\n$/],
      [12, /^The store \S+ has format 12, from before the first release; .*\n$/],
    ] as const) {
      using sqlite = new DatabaseSync(path);
      sqlite.exec(`PRAGMA user_version = ${version}`);
      const complaints = expect.stringMatching(sentence);
      expect(await runToEnd(env)).toMatchObject({ code: 78, complaints });
    }
  },
);
