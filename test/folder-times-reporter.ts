import type { Reporter, TestModule } from 'vitest/node';

/** Fewer files need no overview. */
const fewFiles = 30;

/** Prints below the summary of vitest in which folders a run of many files spent its time: imports, tests and their waits. */
export class FolderTimesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]) {
    if (modules.length < fewFiles) return;
    const times = new Map<string, number>();
    for (const module of modules) {
      const { collectDuration, duration } = module.diagnostic();
      const folder = getFolder(module);
      times.set(folder, (times.get(folder) ?? 0) + collectDuration + duration);
    }
    const totalMs = [...times.values()].reduce((sum, ms) => sum + ms, 0);
    const shares = [...times]
      .toSorted(([, leftMs], [, rightMs]) => rightMs - leftMs)
      .map(([folder, ms]) => `${folder} ${Math.round((100 * ms) / totalMs)} %`);
    const seconds = Math.round(totalMs / 1_000);
    console.log(`Time of all workers: ${seconds} s: ${shares.join(', ')}`);
  }
}

/** `test/turn` of `test/turn/overlap/names.test.ts`; the folder itself of a file at its top. */
function getFolder({ relativeModuleId }: TestModule) {
  return relativeModuleId.split('/').slice(0, -1).slice(0, 2).join('/');
}
