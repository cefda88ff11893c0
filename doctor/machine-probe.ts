import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeTestTone } from '#doctor/live/test-sound.ts';
import packageJson from '#package.json' with { type: 'json' };
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { proveCiphers } from '#src/discord/link/voice-library.ts';
import {
  type Finding,
  type Probe,
  toDifferingFinding,
  toMissingFinding,
  toOkFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import { decodeProbe } from '#src/probes/voice-probes.ts';
import type { DoctorProbe } from './doctor-probe.ts';

/** Stores fail below `minFreeMb`. The operator is warned below `lowFreeMb`. */
const [minFreeMb, lowFreeMb] = [50, 500];
const bytesPerMb = 1024 * 1024;
const reinstallRemedy = 'run npm ci again on this machine';

/** Examines Node, the disk, the Opus codec and the ciphers of this machine. */
export const machineProbe: DoctorProbe = {
  name: 'machine',
  async *run({ config, ...deadline }) {
    yield 'This machine';
    yield checkNodeVersion(process.versions.node);
    yield await checkDisk(resolve(config.storage.dataDir));
    for (const probe of [codecProbe, ciphersProbe])
      yield await tryProbe(probe, undefined, deadline);
  },
};

const codecProbe: Probe<undefined> = {
  ...decodeProbe,
  mend: reinstallRemedy,
  async run(_subject, clock, signal) {
    return await decodeProbe.run(
      { codec: await loadOpus(), tone: makeTestTone() },
      clock,
      signal,
    );
  },
};

const ciphersProbe: Probe<undefined> = {
  name: 'ciphers',
  mend: reinstallRemedy,
  async run(_subject, clock, signal) {
    await import('@snazzah/davey');
    const xchacha = await proveCiphers(clock, signal);
    return toOkFinding(
      'ciphers',
      `AES-256-GCM, and XChaCha20-Poly1305 by ${xchacha}; DAVE loads`,
    );
  },
};

function checkNodeVersion(version: string) {
  const neededVersion = packageJson.engines.node;
  const minMajor = Number(/\d+/.exec(neededVersion)?.[0]);
  if (Number.parseInt(version, 10) >= minMajor) return toOkFinding('node', version);
  return toMissingFinding(
    'node',
    `this is ${version}, but the bot needs ${neededVersion}`,
    'start the bot with npm start, which has its own Node, or install a newer Node',
  );
}

/** Checks the disk of `dataDir`, or of its nearest existing parent. */
export async function checkDisk(dataDir: string): Promise<Finding> {
  const folder = await findExistingFolder(dataDir);
  try {
    await access(folder, constants.W_OK);
  } catch {
    return toMissingFinding(
      'disk',
      `the bot cannot write to ${folder}`,
      "give the folder to the bot's user (chown), or set DATA_DIR to another one",
    );
  }
  const { bavail, bsize } = await statfs(folder);
  return checkFreeSpace(folder, Math.floor((bavail * bsize) / bytesPerMb));
}

/** Judges the free space of the disk of a folder, in MB of 1,048,576 bytes. */
export function checkFreeSpace(folder: string, freeMb: number): Finding {
  const reason = `${freeMb} MB are free in ${folder}`;
  if (freeMb >= lowFreeMb) return toOkFinding('disk', reason);
  return (freeMb < minFreeMb ? toMissingFinding : toDifferingFinding)(
    'disk',
    reason,
    'delete files there, or set DATA_DIR to a folder on another disk',
  );
}

async function findExistingFolder(folder: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch {
    const above = dirname(folder);
    return above === folder ? folder : await findExistingFolder(above);
  }
}
