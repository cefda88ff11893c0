import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { differs, missing, ok, type ReportLine } from '#doctor/finding.ts';
import type { Report } from '#doctor/report.ts';
import packageJson from '#package.json' with { type: 'json' };
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { messageOf } from '#src/base/errors.ts';
import { proveVoice } from '#src/discord/link/voice-link-opener.ts';

/** Free space, in MB, below which nothing is stored for long, and below which it is time to look. */
const [leastMb, fewMb] = [50, 500];
const bytesPerMb = 1024 * 1024;
/** Opus in JavaScript: works everywhere, for several times the processor time. */
const slowCodec = 'opusscript';

/** Tells what this machine gives the bot: Node, room on the disk, Opus and the ciphers of voice. False: no bot can work here. */
export async function examineHost(dataDir: string, report: Report): Promise<boolean> {
  report.section('This machine');
  const findings = [
    nodeLine(process.versions.node, packageJson.engines.node),
    await diskLine(resolve(dataDir)),
    await codecLine(),
    await cipherLine(),
  ];
  report.findings(findings);
  return findings.every(({ verdict }) => verdict !== 'missing');
}

/** `wanted` is a range of package.json, say `>=24`. */
export function nodeLine(version: string, wanted: string): ReportLine {
  const least = Number(/\d+/.exec(wanted)?.[0]);
  const isEnough = Number.parseInt(version, 10) >= least;
  if (isEnough) return ok('node', version);
  const why = `this is ${version}, but the bot needs ${wanted}`;
  return missing(
    'node',
    why,
    'start the bot with npm start, which has its own Node, or install a newer Node',
  );
}

/** `dataDir` need not be there yet: then the folder counts in which it will be made. */
export async function diskLine(dataDir: string): Promise<ReportLine> {
  const folder = await firstThere(dataDir);
  try {
    await access(folder, constants.W_OK);
  } catch {
    return missing(
      'disk',
      `the bot cannot write to ${folder}`,
      "give the folder to the bot's user (chown), or set DATA_DIR to another one",
    );
  }
  const { bavail, bsize } = await statfs(folder);
  return spaceLine(folder, Math.floor((bavail * bsize) / bytesPerMb));
}

export function spaceLine(folder: string, freeMb: number): ReportLine {
  const why = `${freeMb} MB are free in ${folder}`;
  const mend = 'delete files there, or set DATA_DIR to a folder on another disk';
  if (freeMb < leastMb) return missing('disk', why, mend);
  return freeMb < fewMb ? differs('disk', why, mend) : ok('disk', why);
}

async function firstThere(folder: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch {
    const above = dirname(folder);
    return above === folder ? folder : await firstThere(above);
  }
}

async function codecLine(): Promise<ReportLine> {
  try {
    const { name } = await loadOpus();
    if (name !== slowCodec) return ok('codec', `Opus by ${name}`);
    const why = `Opus by ${name}: it works, but needs several times the CPU time`;
    return differs('codec', why, 'run npm ci again on this machine, so that mediaplex loads');
  } catch (error) {
    return missing('codec', messageOf(error), 'run npm ci again on this machine');
  }
}

async function cipherLine(): Promise<ReportLine> {
  try {
    return ok(
      'ciphers',
      `AES-256-GCM, and XChaCha20-Poly1305 by ${await proveVoice()}; DAVE loads`,
    );
  } catch (error) {
    return missing('ciphers', messageOf(error), 'run npm ci again on this machine');
  }
}
