import { getMachineTimeZone } from '#src/base/zoned-time.ts';
import type { Config } from '#src/config/config.ts';
import type { OperatorDefaults } from '#src/settings/setting-definition.ts';

/** Returns the operator's values of the settings that servers can change. */
export function getOperatorDefaults(
  { addressing, consent, given: changedNames, instructions, otherNames }: Config['bot'],
  botName: string,
): OperatorDefaults {
  return {
    addressing,
    consent,
    given: changedNames,
    names: [botName, ...otherNames],
    style: { instructions: `${instructions} Your name is ${botName}.`, voice: {} },
    timeZone: getMachineTimeZone(),
  };
}
