import { makeTestTone } from '#doctor/live/test-sound.ts';
import packageJson from '#package.json' with { type: 'json' };
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { proveCiphers } from '#src/discord/link/voice-library.ts';
import {
  type Probe,
  toMissingFinding,
  toOkFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import { decodeProbe } from '#src/probes/voice-probes.ts';
import { examineStartup } from '#src/startup/examine-startup.ts';
import type { DoctorProbe } from './doctor-probe.ts';

const reinstallRemedy = 'run npm ci again on this machine';

/** Examines Node, what a start needs, the Opus codec and the ciphers of this machine. */
export const machineProbe: DoctorProbe = {
  name: 'machine',
  async *run({ config, ...deadline }) {
    yield 'This machine';
    yield checkNodeVersion(process.versions.node);
    for (const { finding } of await examineStartup(config, 'all')) yield finding;
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
