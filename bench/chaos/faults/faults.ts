import type { ChaosFault } from './fault.ts';
import { discordFaults } from './faults-discord.ts';
import { machineFaults } from './faults-machine.ts';
import { peopleFaults } from './faults-people.ts';
import { providerFaults } from './faults-providers.ts';
import { voiceFaults } from './faults-voice.ts';

/** Everything that goes wrong here, each by its name. */
export const faults: readonly ChaosFault[] = [
  ...discordFaults,
  ...voiceFaults,
  ...providerFaults,
  ...machineFaults,
  ...peopleFaults,
];

export function faultNamed(name: string): ChaosFault {
  const fault = faults.find((one) => one.name === name);
  if (!fault) throw new Error(`There is no fault called ${name}.`);
  return fault;
}
