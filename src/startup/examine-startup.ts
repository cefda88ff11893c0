import { join, resolve } from 'node:path';
import type { Config } from '#src/config/config.ts';
import type { Finding } from '#src/probes/probe.ts';
import { findDataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';
import {
  checkDataFiles,
  checkDataFolder,
  checkFreeSpace,
} from './data-folder-checks.ts';
import {
  checkChatModel,
  checkLocalVoices,
  checkModelFiles,
  listModelFolders,
  listOtherVoices,
} from './model-checks.ts';
import { checkLoopback, checkPort } from './network-checks.ts';

/** A finding about what a start needs. */
export type StartupFinding = {
  readonly finding: Finding;
  /** A start with this fault ends at once, and one after it would, too. */
  readonly stopsStart: boolean;
};

/**
 * Lists what the bot will use on this machine, and tries it: by `start` what the start itself needs, by `all` also what is
 * loaded later. Never throws.
 *
 * @example
 * import { readConfig } from '#src/config/config.ts';
 * import { examineStartup } from '#src/startup/examine-startup.ts';
 *
 * const read = readConfig({ DATA_DIR: '/dev/null/data' });
 * const found = read.kind === 'ok' ? await examineStartup(read.config, 'start') : [];
 * found.find(({ stopsStart }) => stopsStart)?.finding.subject; // 'folder'
 */
export async function examineStartup(
  config: Config,
  extent: 'start' | 'all',
): Promise<readonly StartupFinding[]> {
  const { discord, engines, monitoring, page, storage } = config;
  const dataDir = resolve(storage.dataDir);
  const storeDir = discord ? dataDir : join(dataDir, 'sandbox');
  const isRunning = findDataDirOwner(storeDir) !== undefined;
  const folders = listModelFolders(engines).filter(
    ({ isLate }) => extent === 'all' || !isLate,
  );
  const usesLoopback = !discord || page || monitoring.status;
  const checks = [
    checkDataFolder(storeDir),
    checkDataFiles([...new Set([dataDir, storeDir])]),
    checkFreeSpace(storeDir),
    ...(usesLoopback ? [checkLoopback()] : []),
    ...listPorts(config, extent).map((port) => checkPort(port, isRunning)),
    ...folders.map((folder) => checkModelFiles(folder)),
    ...checkLocalVoices(engines),
    ...checkChatModel(engines),
  ];
  const others = extent === 'all' ? listOtherVoices(config) : [];
  const findings = [...(await Promise.all(checks)), ...(await others)];
  return findings.map((finding) => ({
    finding,
    stopsStart: finding.verdict === 'missing' && !passing.includes(finding.subject),
  }));
}

/** Subjects of faults that are mended while the bot runs: the store comes back with room on the disk and rights. */
const passing = ['disk', 'file'];

/** On Discord a port that is taken is told once the bot runs, and tried again. */
function listPorts({ discord, monitoring, page }: Config, extent: 'start' | 'all') {
  const movesOn = !discord;
  const ports = [
    page && (movesOn || extent === 'all') && { ...page, name: 'PAGE_PORT', movesOn },
    discord &&
      extent === 'all' &&
      monitoring.status && { ...monitoring.status, name: 'STATUS_PORT', movesOn },
  ];
  return ports.filter((port) => typeof port === 'object');
}

/** Formats a finding for people who started the bot, in the words of the doctor. */
export function formatStartupFinding({ mend, reason, subject }: Finding): string {
  return `${subject}: ${reason}${mend === undefined ? '' : `\n  mend: ${mend}`}`;
}
