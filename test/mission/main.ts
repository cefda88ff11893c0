// npm run mission [-- --planted [m01 m02 ...]] [--canary]
import '#src/base/help/program-help.mjs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findPlantedBreaks, vitest } from '#test/simulate/fault-hunt.ts';

const { positionals: ids, values } = parseArgs({
  allowPositionals: true,
  options: {
    /** Plants the breaks with these ids, or all: each has to be found. */
    planted: { type: 'boolean', default: false },
    /** Plants eight of them. */
    canary: { type: 'boolean', default: false },
  },
});

if (values.canary) findBreaks(({ isQuick }) => isQuick === true);
else if (values.planted) findBreaks(({ id }) => ids.length === 0 || ids.includes(id));
else runMission();

/** Exits with 1 where a break is not found. */
function findBreaks(isWanted: Parameters<typeof findPlantedBreaks>[0]) {
  if (!findPlantedBreaks(isWanted)) process.exitCode = 1;
}

function runMission() {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const args = [vitest, 'run', '--project', 'usual', 'test/mission.test.ts'];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
